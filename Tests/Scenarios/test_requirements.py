"""The table of rows of the standards and their tests is whole, and the script that makes it would notice if it were not."""
import shutil

import pytest

from harness.processes import ROOT, run

ROWS = "== A. Things\nTH-01 | RFC 1 | The first thing\nTH-02 | RFC 1 | The second thing\n"
SENTENCE = "  It is not offered.\n"
SWIFT = '@Test("does the thing (TH-01)") func one() {}\n'
PYTHON = 'def test_another_thing():\n    """(TH-02)"""\n'


@pytest.fixture
def tree(tmp_path):
    """A repository of these rows and tests; `check` is the script's verdict, after it wrote the table unless told otherwise."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "Tests/Scenarios").mkdir(parents=True)
    script = shutil.copy(ROOT / "scripts/requirements", tmp_path / "scripts")

    def check(rows=ROWS, swift=SWIFT, python=PYTHON, write=True):
        (tmp_path / "Tests/requirements.txt").write_text(rows)
        (tmp_path / "Tests/Things.swift").write_text(swift)
        (tmp_path / "Tests/Scenarios/test_things.py").write_text(python)
        if write:
            assert run(script).returncode == 0
        return run(script, "--check")

    check.table = tmp_path / "Tests/REQUIREMENTS.md"
    return check


def test_every_row_has_a_test_or_a_sentence_and_the_table_is_up_to_date():
    checked = run(ROOT / "scripts/requirements", "--check")
    assert checked.returncode == 0, checked.stderr


def test_the_table_names_the_tests_of_each_row(tree):
    assert tree().returncode == 0
    [first, second] = [line for line in tree.table.read_text().splitlines() if "TH-" in line]
    assert "Things.swift: does the thing" in first and "Scenarios/test_things.py: another thing" in second


def test_a_row_without_a_test_has_a_sentence(tree):
    assert tree(ROWS + SENTENCE, python="").returncode == 0
    assert "It is not offered." in tree.table.read_text()


@pytest.mark.parametrize(
    "changes,told",
    [
        ({"python": ""}, "TH-02"), ({"swift": ""}, "TH-01"), ({"rows": ROWS + SENTENCE}, "TH-02"), ({"swift": SWIFT.replace("TH-01", "TH-01, TH-09")}, "TH-09"),
        ({"swift": SWIFT.replace("(TH-01)", "TH-01")}, "TH-01"), ({"python": PYTHON.replace("def test_", "def helper_")}, "TH-02"),
        ({"python": PYTHON.replace('"""(TH-02)"""', "pass  # (TH-02)")}, "TH-02"),
    ],
)  # fmt: skip
def test_what_is_missing_or_too_much_is_named(tree, changes, told):
    checked = tree(**changes)
    assert checked.returncode == 1 and told in checked.stderr


def test_a_table_that_is_out_of_date_is_noticed(tree):
    assert tree(write=False).returncode == 1
    assert tree().returncode == 0
    assert "out of date" in tree(swift=SWIFT.replace("does", "did"), write=False).stderr
