"""A million random and mutated inputs for each parser of a peer's octets (Tests/Fuzz), with a fixed seed."""
import os
import subprocess

import pytest

from harness.processes import ROOT

FUZZ = os.environ.get("HOLDFAST_FUZZ_BIN", str(ROOT / ".build/release/holdfast-fuzz"))
CASES = os.environ.get("HOLDFAST_FUZZ_CASES", "1000000")


@pytest.mark.parametrize("target", ["http1", "json", "jws"])
def test_no_input_crashes_hangs_or_is_read_in_two_ways(target):
    run = subprocess.run([FUZZ, target, "--cases", CASES], capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-4000:]
