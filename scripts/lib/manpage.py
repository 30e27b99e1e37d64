"""A manual page from what the program says of itself:  holdfast --experimental-dump-help | python3 manpage.py VERSION > holdfast.1"""
import json
import sys

FILES = [
    ("/etc/holdfast/holdfast.yaml", "The configuration. Every key with its default is in /usr/share/doc/holdfast/examples/holdfast.example.yaml."),
]


def plain(text):
    """As roff takes it for text, whatever it begins with."""
    lines = (line.strip() for line in text.replace("\\", "\\e").replace("-", "\\-").split("\n"))
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line or ".PP" for line in lines)


def names(argument):
    shown = [("-" if name["kind"] == "short" else "--") + name["name"] for name in argument.get("names", [])]
    value = f" <{argument['valueName']}>" if argument["kind"] == "option" else ""
    return ", ".join(shown) + value if shown else f"<{argument['valueName']}>"


def arguments(command):
    for argument in command.get("arguments", []):
        if argument.get("shouldDisplay", True) and "abstract" in argument:
            yield f'.TP\n.B {plain(names(argument))}\n{plain(argument["abstract"])}'


def page(program, version):
    yield f'.TH HOLDFAST 1 "" "holdfast {plain(version)}" "User Commands"'
    yield f".SH NAME\nholdfast \\- {plain(program['abstract'][:1].lower() + program['abstract'][1:].rstrip('.'))}"
    yield ".SH SYNOPSIS\n.B holdfast\n.I command\n[options]"
    yield f".SH DESCRIPTION\n{plain(program['discussion'])}"
    yield from arguments(program)
    yield ".SH COMMANDS"
    for command in program["subcommands"]:
        if command["commandName"] == "help" or not command.get("shouldDisplay", True):
            continue
        yield f".SS holdfast {plain(command['commandName'])}\n{plain(command['abstract'])}"
        if command.get("discussion"):
            yield f".PP\n{plain(command['discussion'])}"
        yield from arguments(command)
    yield ".SH FILES"
    for path, text in FILES:
        yield f".TP\n.I {plain(path)}\n{plain(text)}"


print("\n".join(page(json.load(sys.stdin)["command"], sys.argv[1])))
