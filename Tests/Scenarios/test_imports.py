"""The import check of the gate finds what Package.swift and the sources disagree on."""
import json
import subprocess
import sys

import pytest

from harness.processes import ROOT

NAMED = [{"byName": ["Other", None]}, {"product": ["NIOCore", "swift-nio", None, None]}]
AGREED = "import Foundation\nimport Other\npackage import NIOCore\n"


@pytest.fixture
def check(tmp_path):
    """The verdict on one target, `Room`, of this text; what it names is `NAMED`."""

    def check(text, type="regular", path=None):
        folder = tmp_path / (path or ("Tests/Room" if type == "test" else "Sources/Room"))
        (folder / "Inner").mkdir(parents=True)
        (folder / "Inner/Room.swift").write_text(text)
        target = {"name": "Room", "type": type, "path": path, "dependencies": NAMED}
        dump = json.dumps({"targets": [target, {"name": "CSystem", "type": "system", "dependencies": []}]})
        return subprocess.run(
            [sys.executable, ROOT / "scripts/lib/imports.py", tmp_path], input=dump, capture_output=True, text=True, check=False)

    return check


def test_a_target_that_imports_what_it_names_passes(check):
    ended = check(AGREED)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("line", ["import Stranger", "@testable import Stranger", "private import struct Stranger.Thing", "  import Stranger"])
def test_an_import_that_is_not_named_is_a_mistake_with_its_file(check, line):
    ended = check(AGREED + line)
    assert ended.returncode == 1 and "Sources/Room/Inner/Room.swift: imports Stranger" in ended.stderr


@pytest.mark.parametrize("path", [None, "Elsewhere"])
def test_what_is_named_and_not_imported_is_a_mistake(check, path):
    ended = check("// import Other\nimport NIOCore", path=path)
    assert ended.returncode == 1 and ended.stderr == "Package.swift: the target Room names Other and does not import it\n"


def test_tests_may_name_more_than_they_import(check):
    assert check("import Other", type="test").returncode == 0


def test_tests_import_no_more_than_they_name(check):
    assert check("import Stranger", type="test").returncode == 1
