#!/usr/bin/env python3
"""Offsets in bytes, chars and UTF-16 code units: sliced by Python and by Node they all give the same strings, and these
are the record's own. Takes the program's path; exits 77 where Node is missing.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

if len(sys.argv) != 2:
    sys.exit(f"usage: {sys.argv[0]} target/release/dehusk")
PROGRAM = Path(sys.argv[1]).resolve()
ROOT = Path(__file__).resolve().parents[2]
NODE = shutil.which("node")
if not NODE:
    print("skipped: no node", file=sys.stderr)
    sys.exit(77)

# Characters of one to four bytes, of one and two code units, and what stands apart in each unit.
HARD = [
    "𠮷野家的薄荷怎么养？👨‍👩‍👧\n\n一、光照👍🏽\n\n薄荷喜光，𠀀也耐半阴，放在窗台上就能活；é e\u0301 ﬁ。\n\n# 🌿薄荷  # 𠮷标签  # a\u0301\n\n"
    "相关文章：🌱薄荷怎么过冬　　𠮷种植𝟙法　　阳台🇨🇳指南\n\n热线：400-000-1234，个*益，138****1234\n",
    "\ufeff标题\r\n\r\n正文第一段，\u200b说的是👀。\r\n\r\n标签：甲、乙、丙\r\n\u2028版权所有\u0000\u001b[0m",
    "",
    "🌿",
]

# Prints, for each record, what `pieces` gives below.
SLICE = """
const lines = require('fs').readFileSync(0, 'utf8').split('\\n').filter(line => line);
const cut = (text, [start, end]) => text.slice(start, end);
for (const line of lines) {
  const one = JSON.parse(line), ranges = [];
  for (const list of [one.sections, one.contacts, one.masked, one.segments])
    for (const range of list) {
      ranges.push([range.start, range.end]);
      for (const item of range.items ?? []) ranges.push(item);
    }
  console.log(JSON.stringify(ranges.map(range => cut(one.text, range))));
}
"""


def records(path, unit):
    run = subprocess.run([PROGRAM, "extract", "-q", "--with-text", "--offsets", unit, path], capture_output=True, check=True)
    return run.stdout.decode()


def ranges(record):
    for name in ("sections", "contacts", "masked", "segments"):
        for one in record[name]:
            yield one["start"], one["end"]
            yield from one.get("items", [])


def pieces(record, text, decode=lambda part: part):
    return [decode(text[start:end]) for start, end in ranges(record)]


def check(record, found):
    """That the strings are what the record itself says in words."""
    at = iter(found)
    sections, contacts, masked = ([next(at) for _ in record[name]] for name in ("sections", "contacts", "masked"))
    tiles, items = [], {"tags": [], "related": []}
    for segment in record["segments"]:
        tiles.append(next(at))
        items.setdefault(segment["kind"], []).extend(next(at) for _ in segment.get("items", []))
    assert "".join(tiles) == record["text"], record["id"]
    assert (items["tags"], items["related"]) == (record["tags"], record["related"]), record["id"]
    assert all(one["heading"] in text for one, text in zip(record["sections"], sections)), record["id"]
    assert all(text and text == text.strip() for text in contacts + masked), record["id"]


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pages.jsonl"
        texts = [page.read_bytes().decode() for page in sorted(ROOT.glob("fixtures/gold/*/page.txt"))] + HARD
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        by_bytes, by_chars, by_units = (records(path, unit) for unit in ("bytes", "chars", "utf16"))
    node = subprocess.run([NODE, "-e", SLICE], input=by_units.encode(), capture_output=True, check=True)
    rows = [lines.split("\n")[:-1] for lines in (by_bytes, by_chars, node.stdout.decode())]
    count = 0
    for text, in_bytes, in_chars, in_node in zip(texts, *(map(json.loads, row) for row in rows), strict=True):
        assert in_bytes["text"] == in_chars["text"] == text, in_bytes["id"]
        found = pieces(in_chars, text)
        assert found == pieces(in_bytes, text.encode(), bytes.decode) == in_node, in_bytes["id"]
        check(in_chars, found)
        count += len(found)
    print(f"{count} ranges of {len(texts)} pages are the same strings by bytes, by Python's characters and by Node's code units")


main()
