"""The Debian packages: what is in them, and that they install, run and go again. In a copy of this system that is thrown away."""
import gzip
import os
import re
import shutil

import pytest

from harness.forge import ALGORITHMS, AUDIENCE, ISSUER
from harness.processes import HOLDFAST, ROOT, Process, eventually, free_port, run
from harness.proxy import yaml
from harness.wire import Connection

SERVICE_SETTINGS = {"User=holdfast", "Group=holdfast", "Type=notify", "ExecStart=/usr/bin/holdfast run --config /etc/holdfast/holdfast.yaml"}


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """By name."""
    if not shutil.which("dpkg-deb"):
        pytest.skip("no dpkg-deb here")
    folder = tmp_path_factory.mktemp("packages")
    done = run(ROOT / "scripts/package", "--no-build", "--quick", "--output", folder, env={**os.environ, "HOLDFAST_BIN": os.path.abspath(HOLDFAST)})
    assert done.returncode == 0, done.stderr
    return {os.path.basename(path).split("_")[0]: path for path in done.stdout.split()}


@pytest.fixture(scope="module")
def contents(packages, tmp_path_factory):
    folder = tmp_path_factory.mktemp("contents")
    assert run("dpkg-deb", "-x", packages["holdfast"], folder).returncode == 0
    return folder


def test_the_program_is_stripped_and_its_symbols_are_found_by_its_build_id(packages, contents):
    binary = contents / "usr/bin/holdfast"
    sections = run("readelf", "--wide", "-S", binary).stdout
    assert ".symtab" not in sections and ".debug_info" not in sections
    build_id = re.search(r"Build ID: (\w+)", run("readelf", "-n", binary).stdout).group(1)
    symbols = run("dpkg-deb", "-c", packages["holdfast-dbgsym"]).stdout
    assert f"/usr/lib/debug/.build-id/{build_id[:2]}/{build_id[2:]}.debug" in symbols
    if "libswiftCore" not in run("ldd", binary).stdout:
        assert binary.stat().st_size <= 60_000_000


def test_it_has_units_completions_a_manual_and_a_configuration_that_is_kept(packages, contents):
    unit = (contents / "lib/systemd/system/holdfast.service").read_text().splitlines()
    assert SERVICE_SETTINGS <= set(unit) and not any(line.startswith(("LoadCredential", "DynamicUser")) for line in unit)
    assert "ListenStream=0.0.0.0:8443" in (contents / "lib/systemd/system/holdfast.socket").read_text()
    assert "_holdfast" in (contents / "usr/share/zsh/vendor-completions/_holdfast").read_text()
    assert (contents / "usr/share/fish/vendor_completions.d/holdfast.fish").stat().st_size > 0
    script = contents / "usr/share/bash-completion/completions/holdfast"
    assert run("bash", "-n", script).returncode == 0
    assert run("dpkg-deb", "-I", packages["holdfast"], "conffiles").stdout == "/etc/holdfast/holdfast.yaml\n"
    assert "libssl" in run("dpkg-deb", "-f", packages["holdfast"], "Depends").stdout
    manual = gzip.decompress((contents / "usr/share/man/man1/holdfast.1.gz").read_bytes()).decode()
    for word in [".SS holdfast run", ".SS holdfast check", ".SS holdfast explain", "\\-\\-config"]:
        assert word in manual, word
    if shutil.which("groff"):
        done = run("groff", "-man", "-Tutf8", "-ww", "-b", input=manual)
        assert done.returncode == 0 and done.stderr == "", done.stderr


@pytest.fixture
def machine(tmp_path):
    """A copy of this system, written over in a folder of its own: its root, in which `enter` stands before a command."""
    root = tmp_path / "machine"
    for name in ["upper", "work", "machine"]:
        (tmp_path / name).mkdir()
    options = f"lowerdir=/,upperdir={tmp_path}/upper,workdir={tmp_path}/work"
    if os.geteuid() != 0 or run("mount", "-t", "overlay", "overlay", "-o", options, root).returncode != 0:
        pytest.skip("only root can have a copy of this system, by an overlay")
    try:
        for name in ["proc", "dev"]:
            assert run("mount", "--bind", f"/{name}", root / name).returncode == 0
        yield root
    finally:
        for name in ["proc", "dev", ""]:
            run("umount", "-l", root / name)


def inside(machine, *command):
    return run("chroot", machine, *command)


def test_it_installs_starts_and_goes_again(packages, machine, pki, forge, folder, upstream, tmp_path):
    shutil.copy(packages["holdfast"], machine / "root/holdfast.deb")
    done = inside(machine, "dpkg", "--install", "/root/holdfast.deb")
    assert done.returncode == 0, done.stdout + done.stderr
    assert inside(machine, "getent", "passwd", "holdfast").stdout.startswith("holdfast:")
    assert inside(machine, "stat", "-c", "%U:%G %a", "/etc/holdfast").stdout == "root:holdfast 750\n"
    # What comes with it names files that are not there yet.
    assert inside(machine, "holdfast", "check", "--config", "/etc/holdfast/holdfast.yaml").returncode == 64

    address = ("127.0.0.1", free_port())
    configuration = {
        "listener": {"address": "%s:%d" % address, "certificate": "server.pem", "private_key": "server.key"},
        "client_certificates": {"trust": "authorities", "authorities": "clients-ca.pem"},
        "tokens": [{"issuer": ISSUER, "audience": AUDIENCE, "keys": "keys.json", "algorithms": ALGORITHMS}],
        "upstream": {"url": upstream.url},
        "shutdown": {"delay": "0s"},
    }
    etc = machine / "etc/holdfast"
    (etc / "holdfast.yaml").write_text(yaml(configuration))
    shutil.copy(folder / "forge.json", etc / "keys.json")
    for name in ["server.pem", "server.key", "clients-ca.pem"]:
        shutil.copy(pki.path(name), etc / name)
    assert inside(machine, "sh", "-c", "cd /etc/holdfast && chgrp holdfast * && chmod 640 *").returncode == 0

    user = ["setpriv", "--reuid=holdfast", "--regid=holdfast", "--clear-groups", "--no-new-privs"]
    process = Process(
        ["chroot", machine, *user, "/usr/bin/holdfast", "run", "--config", "/etc/holdfast/holdfast.yaml"], tmp_path, "installed"
    )
    try:
        eventually(lambda: any(line["message"] == "keys replaced" for line in process.messages()), lambda: f"it runs: {process.err}")
        with Connection(address, pki.context("client-a")) as connection:
            assert connection.request(token=forge.token()).status == 200
        with Connection(address, pki.context("client-b")) as connection:
            assert connection.request(token=forge.token()).status == 401
        process.terminate()
        assert process.wait() == 0
    finally:
        process.end()

    assert inside(machine, "dpkg", "--remove", "holdfast").returncode == 0
    assert not (machine / "usr/bin/holdfast").exists() and (etc / "holdfast.yaml").exists(), "the configuration stays"
    assert inside(machine, "dpkg", "--purge", "holdfast").returncode == 0
    assert not (etc / "holdfast.yaml").exists() and (etc / "server.key").exists(), "what is the operator's stays"
