"""The papers at the root say what is there: links lead somewhere, and the tests that the threat model names exist."""
import re

import pytest

from harness.processes import ROOT

PAPERS = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]


def anchors(paper):
    """The anchors that hosts make of a paper's headings."""
    headings = re.findall(r"^#+ (.*)$", paper.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(paper):
    """The links of a paper to files or headings that are not there."""
    for target in re.findall(r"\]\(([^)]+)\)", paper.read_text()):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = paper.parent / path if path else paper
        if not file.exists() or (anchor and anchor not in anchors(file)):
            yield target


@pytest.mark.parametrize("name", PAPERS)
def test_each_link_of_a_paper_leads_somewhere(name):
    assert list(broken(ROOT / name)) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    paper = tmp_path / "PAPER.md"
    paper.write_text("# A *paper*, one\n[itself](#a-paper-one) [no heading](#a-paper) [no file](missing.md) [a place](https://example.com)\n")
    assert list(broken(paper)) == ["#a-paper", "missing.md"]


def test_each_defence_of_the_threat_model_names_tests_that_exist():
    table = [line for line in (ROOT / "SECURITY.md").read_text().splitlines() if line.startswith("|")]
    assert len(table) > 10
    for line in table[2:]:
        named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", line)
        assert named, line
        for file, test in named:
            assert f"\ndef {test}(" in (ROOT / "Tests/Scenarios" / file).read_text(), f"{file}::{test}"
