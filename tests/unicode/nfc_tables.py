"""Writes src/RLSquared.Language/Tokenizers/CanonicalTables.cs from the files of the Unicode Character Database.

    python3 tests/unicode/nfc_tables.py FOLDER > src/RLSquared.Language/Tokenizers/CanonicalTables.cs

FOLDER holds UnicodeData.txt and CompositionExclusions.txt; Debian's package unicode-data puts them below
/usr/share/unicode. A new version of Unicode is a new run, and NormalizationTest.txt of the same folder judges it
(tests/RLSquared.Language.Tests/Tokenizers/CanonicalCompositionTests.cs).

The bytes are numbers of seven bits each, the lowest first, with the eighth bit where more follow:
  classes: count, then (start − end of the one before, length − 1, class) for each run of one combining class;
  pairs:   count, then (code − code before, zigzag(first − first before), zigzag(second − second before), composes)
           for each canonical mapping; second is 0 where a letter maps to one other.
They are deflated and written in base64.
"""
import base64
import re
import sys
import zlib

folder = sys.argv[1]
classes, mappings = {}, {}
version = re.search(r"-(\d+\.\d+)", open(f"{folder}/CompositionExclusions.txt").readline()).group(1)
for line in open(f"{folder}/UnicodeData.txt"):
    fields = line.split(";")
    code = int(fields[0], 16)
    if fields[3] != "0":
        classes[code] = int(fields[3])
    if fields[5] and not fields[5].startswith("<"):
        mappings[code] = [int(part, 16) for part in fields[5].split()]
excluded = {
    int(line.split("#")[0], 16)
    for line in open(f"{folder}/CompositionExclusions.txt")
    if line.split("#")[0].strip()
}


def composes(code):
    parts = mappings[code]
    return len(parts) == 2 and code not in excluded and code not in classes and parts[0] not in classes


def number(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value):
    return 2 * value if value >= 0 else -2 * value - 1


runs = []
for code in sorted(classes):
    if runs and runs[-1][0] + runs[-1][1] == code and runs[-1][2] == classes[code]:
        runs[-1][1] += 1
    else:
        runs.append([code, 1, classes[code]])
data, end = bytearray(number(len(runs))), 0
for start, length, kind in runs:
    data += number(start - end) + number(length - 1) + number(kind)
    end = start + length
data += number(len(mappings))
before = first_before = second_before = 0
for code in sorted(mappings):
    first, second = (mappings[code] + [0])[:2]
    data += number(code - before) + number(zigzag(first - first_before))
    data += number(zigzag(second - second_before)) + number(int(composes(code)))
    before, first_before, second_before = code, first, second

packer = zlib.compressobj(9, zlib.DEFLATED, -15)
text = base64.b64encode(packer.compress(bytes(data)) + packer.flush()).decode()
lines = [text[at : at + 106] for at in range(0, len(text), 106)]
print(f"""namespace RLSquared.Language.Tokenizers;

/// <summary>
/// Combining classes and canonical mappings of Unicode {version}, written by <c>tests/unicode/nfc_tables.py</c>, which
/// says how they are packed.
/// </summary>
static class CanonicalTables
{{
    public const string Packed =""")
print(" +\n".join(f'        "{line}"' for line in lines) + ";\n}")
