"""What runs can be compared with what lies on the disk: `check` prints the generation that it would make, and the process tells which it has."""
import pathlib
import re

from harness.processes import HOLDFAST, eventually, run


def checked(proxy):
    lines = run(HOLDFAST, "check", "--config", proxy.file).stdout.splitlines()
    return [line.removeprefix("generation: ") for line in lines if line.startswith("generation: ")]


def verbose(proxy):
    """Number and digest, as readiness tells them in full."""
    assert "generation" not in proxy.admin("/readyz")[1], "machines are told what they ask for"
    lines = [line for line in proxy.admin("/readyz?verbose")[1].splitlines() if line.startswith("generation: ")]
    return [re.fullmatch(r"generation: (\d+) (\w+), \d+ s old", line).groups() for line in lines]


def logged(proxy):
    lines = proxy.process.messages()
    return [(line["number"], line["digest"]) for line in lines if line["message"] == "generation"]


def test_check_the_log_and_readiness_name_the_same_generation(start_proxy):
    proxy = start_proxy()
    (first,) = checked(proxy)
    assert re.fullmatch("[0-9a-f]{12}", first)
    assert verbose(proxy) == logged(proxy) == [("1", first)]
    file = pathlib.Path(proxy.file)
    file.write_text(file.read_text() + "# another\n")
    (second,) = checked(proxy)
    assert second != first
    eventually(lambda: verbose(proxy) == [("2", second)], "the change is in force")
    assert logged(proxy) == [("1", first), ("2", second)]
