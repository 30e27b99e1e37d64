"""Makes an object file with the part of ICU's data that a server needs, which the linker takes in the place of the toolchain's whole: 34 MB of
locales, converters and dictionaries of which Holdfast uses the normalization forms (NFKC) and nothing else.

    python3 icu.py ARCHIVE OBJECT       prints the SYMBOL for the linker's --wrap=SYMBOL

What stays: normalization, properties, the root locale and English, time zones. A locale that is not there falls back to the root.
The form of the data: a header, then a table of contents (count; offset of the name, offset of the data), names, data, as ICU's `icupkg` writes it.
"""
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

MEMBER = "icu_packaged_data.cpp.o"
ENGLISH = r"(root|pool|res_index|en|en_001|en_US|en_US_POSIX)\.res"
TABLES = (
    "currencyNumericCodes|dayPeriods|genderList|grammaticalFeatures|icustd|icuver|keyTypeData|langInfo|metaZones|numberingSystems|pluralRanges|plurals|"
    "supplementalData|timezoneTypes|tzdbNames|units|windowsZones|zoneinfo64"
)
KEPT = re.compile(
    rf"([^/]+\.(nrm|spp)|(cnvalias|uemoji|ulayout)\.icu|({TABLES})\.res|{ENGLISH}|(brkitr|coll|curr|lang|rbnf|region|unit|zone)/{ENGLISH}"
    r"|coll/ucadata\.icu|brkitr/(char|line|sent|title|word)\.brk)"
)


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, **options).stdout


def read(archive, folder):
    """The data's symbol and its octets."""
    member = folder / "member.o"
    member.write_bytes(run("ar", "p", archive, MEMBER))
    (symbol,) = re.findall(r" R (icudt\d+_dat)$", run("nm", member, text=True), re.M)
    data = folder / "data"
    run("objcopy", "-O", "binary", "-j", ".rodata", member, data)
    return symbol, data.read_bytes()


def items(data):
    """The header, and each name with its data, in the order of the names."""
    size = struct.unpack_from("<H", data)[0]
    if data[2:4] != b"\xda\x27" or data[12:16] != b"CmnD":
        sys.exit("this is no common data of ICU's")
    body = data[size:]
    (count,) = struct.unpack_from("<I", body)
    entries = [struct.unpack_from("<II", body, 4 + 8 * index) for index in range(count)]
    ends = [start for _, start in entries[1:]] + [len(body)]
    return data[:size], [(body[name : body.index(0, name)], body[start:end]) for (name, start), end in zip(entries, ends)]


def written(header, kept):
    names, offsets = b"", []
    table = 4 + 8 * len(kept)
    for name, _ in kept:
        offsets.append(table + len(names))
        names += name + b"\0"
    start = table + len(names)
    toc, body = struct.pack("<I", len(kept)), b""
    for (_, content), name in zip(kept, offsets):
        body += bytes(-(start + len(body)) % 16)
        toc += struct.pack("<II", name, start + len(body))
        body += content
    return header + toc + names + body


def main(archive, target):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        symbol, data = read(archive, folder)
        header, all_items = items(data)
        kept = [item for item in all_items if KEPT.fullmatch(item[0].decode().split("/", 1)[1])]
        if not any(item.endswith(b"/nfkc.nrm") for item, _ in kept):
            sys.exit("the data has no NFKC")
        less = folder / "less"
        less.write_bytes(written(header, kept))
        # The linker's --wrap: what asks for the symbol gets this one, and the archive's member is not linked at all.
        wrapped = f"__wrap_{symbol}"
        source = f'.section .rodata\n.balign 16\n.globl {wrapped}\n.type {wrapped}, %object\n{wrapped}:\n.incbin "{less}"\n.size {wrapped}, . - {wrapped}\n'
        run("as", "-o", target, "-", input=(source + '.section .note.GNU-stack,"",%progbits\n').encode())
        print(f"{len(kept)} of {len(all_items)} items of ICU's data, {less.stat().st_size >> 10} of {len(data) >> 10} KiB", file=sys.stderr)
        print(symbol)


main(sys.argv[1], sys.argv[2])
