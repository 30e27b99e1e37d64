"""What runs can be compared with what lies on the disk: `check` prints the generation that it would make, and the process tells which it has."""
import json
import pathlib
import re

from harness.processes import HOLDFAST, run


def checked(proxy):
    lines = run(HOLDFAST, "check", "--config", proxy.file).stdout.splitlines()
    return [line for line in lines if line.startswith("generation: ")]


def verbose(proxy):
    assert "generation" not in proxy.admin("/readyz")[1], "machines are told what they ask for"
    return [line for line in proxy.admin("/readyz?verbose")[1].splitlines() if line.startswith("generation: ")]


def logged(proxy):
    lines = [json.loads(line) for line in proxy.process.err.splitlines()]
    return [(line["number"], "generation: " + line["digest"]) for line in lines if line["message"] == "generation"]


def test_check_the_log_and_readiness_name_the_same_generation(proxy):
    (digest,) = checked(proxy)
    assert re.fullmatch("generation: [0-9a-f]{12}", digest)
    assert verbose(proxy) == [digest]
    assert logged(proxy) == [("1", digest)]


def test_after_a_change_check_names_another_and_the_process_the_one_that_it_has(proxy):
    before = checked(proxy)
    file = pathlib.Path(proxy.file)
    text = file.read_text()
    try:
        file.write_text(text + "# another\n")
        assert checked(proxy) != before
        assert verbose(proxy) == before
    finally:
        file.write_text(text)
    assert checked(proxy) == before
