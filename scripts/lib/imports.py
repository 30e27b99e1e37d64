"""Whether each target imports only what its entry in Package.swift names, and names, but for tests, only what it imports.

  swift package dump-package | python3 scripts/lib/imports.py ROOT

SwiftPM's own check (--explicit-target-dependency-import-check) runs only while it plans a build: in a build folder that has a plan already,
a new import passes it. This one reads the sources each time, within a second, and sees imports of other packages too. Products and the
modules in them have the same names here.
"""
import json
import re
import sys
from pathlib import Path

TOOLCHAIN = {"Darwin", "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Musl", "Synchronization", "Testing"}

IMPORT = re.compile(r"^\s*(?:@\w+\s+)*(?:(?:package|internal|fileprivate|private|public)\s+)?import\s+"
                    r"(?:(?:class|enum|func|let|protocol|struct|typealias|var)\s+)?(\w+)", re.MULTILINE)


def folder(root, target):
    if target.get("path"):
        return root / target["path"]
    return root / ("Tests" if target["type"] == "test" else "Sources") / target["name"]


def imports(root, target):
    """Each imported module, with the first file that imports it."""
    found = {}
    for file in sorted(folder(root, target).rglob("*.swift")):
        for module in IMPORT.findall(file.read_text()):
            found.setdefault(module, file.relative_to(root))
    return found


def mistakes(root, package):
    for target in package["targets"]:
        if target["type"] == "system":
            continue
        named = {next(iter(dependency.values()))[0] for dependency in target["dependencies"]}
        found = imports(root, target)
        for module in sorted(found.keys() - named - TOOLCHAIN - {target["name"].replace("-", "_")}):
            yield f"{found[module]}: imports {module}, which the target {target['name']} does not name in Package.swift"
        for module in sorted(named - found.keys() if target["type"] != "test" else []):
            yield f"Package.swift: the target {target['name']} names {module} and does not import it"


if __name__ == "__main__":
    wrong = list(mistakes(Path(sys.argv[1]), json.load(sys.stdin)))
    print("\n".join(wrong), end="\n" if wrong else "", file=sys.stderr)
    sys.exit(1 if wrong else 0)
