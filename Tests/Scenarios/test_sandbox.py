"""What the process gives up once it has read its files (Landlock, no_new_privs), and what is said of it."""
import ctypes
import shutil
import signal
import sys
from pathlib import Path

import pytest

from harness.processes import HOLDFAST, ROOT, eventually, run
from harness.proxy import merged, yaml

IN_FORCE = "sandbox: files are read only, and only where it was said at the start"
ABSENT = "no sandbox: this process may read and write what its user may"
HIDDEN = (sys.executable, ROOT / "Tests/Scenarios/harness/without_landlock.py")
ABI = ctypes.CDLL(None).syscall(444, None, 0, 1)
here = pytest.mark.skipif(ABI < 1, reason="this kernel has no Landlock")


def said(proxy, message):
    return [line for line in proxy.process.messages() if line["message"] == message]


def no_new_privs(proxy):
    """Of each thread."""
    tasks = Path(f"/proc/{proxy.process.child.pid}/task").iterdir()
    lines = [line for task in tasks for line in (task / "status").read_text().splitlines()]
    return {line.split()[1] for line in lines if line.startswith("NoNewPrivs:")}


def checked(proxy, *prefix):
    done = run(*prefix, HOLDFAST, "check", "--config", proxy.file)
    assert done.returncode == 0
    return done.stdout


@here
def test_it_is_in_force_for_every_thread_and_check_and_the_log_say_so(start_proxy, issuer, tmp_path):
    proxy = start_proxy({"process": {"sandbox": "required"}})
    assert proxy.ask(token=issuer.token()).status == 200
    assert no_new_privs(proxy) == {"1"}
    line = said(proxy, IN_FORCE)[0]
    assert line["landlock"] == f"ABI {ABI}" and str(tmp_path) in line["reads"].split(", ") and not said(proxy, ABSENT)
    assert f"Landlock (ABI {ABI})" in checked(proxy) and "process.sandbox" not in checked(proxy)


@here
def test_a_reload_that_names_a_file_elsewhere_says_that_it_takes_a_restart(start_proxy, pki, tmp_path, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "ca.pem"
    shutil.copy(pki.path("clients-ca.pem"), elsewhere)
    proxy = start_proxy()

    def name(file):
        proxy.file.write_text(yaml(merged(proxy.configuration, {"client_certificates": {"authorities": str(file)}})))
        proxy.process.child.send_signal(signal.SIGHUP)

    name(elsewhere)
    eventually(lambda: "reload refused" in proxy.admin("/readyz?verbose")[1], "it is refused")
    text = proxy.admin("/readyz?verbose")[1]
    assert f"{elsewhere}` may not be read" in text and "is read after a restart" in text
    beneath = tmp_path / "deeper"
    beneath.mkdir()
    shutil.copy(elsewhere, beneath / "ca.pem")
    name(beneath / "ca.pem")
    eventually(lambda: proxy.metric("holdfast_generation") == 2, "what is beneath is read")


def test_without_landlock_it_runs_and_says_what_that_means(start_proxy, issuer):
    proxy = start_proxy(prefix=HIDDEN)
    assert proxy.ask(token=issuer.token()).status == 200
    assert "this kernel has no Landlock" in said(proxy, ABSENT)[0]["reason"] and not said(proxy, IN_FORCE)
    assert "warning: whoever takes this process over may read and write what its user may: this kernel has no Landlock" in checked(proxy, *HIDDEN)


def test_where_it_is_required_and_cannot_be_had_it_does_not_start(start_proxy):
    proxy = start_proxy({"process": {"sandbox": "required"}}, wait=None, prefix=HIDDEN)
    assert proxy.process.wait() == 1
    assert "process.sandbox is `required`, and this kernel has no Landlock" in proxy.process.messages()[-1]["error"]
    assert "It will not start" in checked(proxy, *HIDDEN)


def test_none_gives_up_nothing_and_is_named_as_weaker(start_proxy):
    proxy = start_proxy({"process": {"sandbox": "none"}})
    assert not said(proxy, IN_FORCE) and not said(proxy, ABSENT)
    own = next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("NoNewPrivs:"))
    assert no_new_privs(proxy) == {own}
    assert "warning: process.sandbox is `none`" in checked(proxy) and "Landlock (ABI" not in checked(proxy)
