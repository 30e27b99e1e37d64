"""The units of systemd, read by systemd itself."""
import os
import shutil

import pytest

from harness.processes import HOLDFAST, ROOT, run


def verified(folder, change=lambda text: text):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    for name in ["holdfast.service", "holdfast.socket"]:
        text = (ROOT / "deploy" / name).read_text().replace("/usr/local/bin/holdfast", os.path.abspath(HOLDFAST))
        (folder / name).write_text(change(text))
    return run("systemd-analyze", "verify", folder / "holdfast.service", folder / "holdfast.socket")


def test_systemd_has_nothing_to_say_of_our_units(tmp_path):
    done = verified(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemd_would_tell(tmp_path):
    assert "Failed to parse" in verified(tmp_path, lambda text: text.replace("WatchdogSec=30s", "WatchdogSec=soon")).stderr
