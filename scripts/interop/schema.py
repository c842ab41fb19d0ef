#!/usr/bin/env python3
"""JSON Schema: what `dehusk schema` prints is a schema, and records of all options and failed pages
fit it, by Python's jsonschema. Takes the program's path; exits 77 where jsonschema is missing.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    from jsonschema import Draft202012Validator
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(77)

if len(sys.argv) != 2:
    sys.exit(f"usage: {sys.argv[0]} target/release/dehusk")
PROGRAM = Path(sys.argv[1]).resolve()
ROOT = Path(__file__).resolve().parents[2]
BAD = b'{"text":1}\n{\n{"text":"x","n":[1,{}],"url":"http://u.example/"}\n\xff\xfe\x00 no \xe6JSON\n'
OPTIONS = [
    [],
    ["--with-text", "--confidence", "--keep", "all"],
    ["--offsets", "chars", "--keep", "n"],
    ["--offsets", "utf16", "--on-error", "record", "--confidence"],
]


def dehusk(*arguments):
    run = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True)
    if run.returncode > 1:
        sys.exit(f"{arguments}: {run.stderr.decode()}")
    return run.stdout.decode()


def validator(*arguments):
    schema = json.loads(dehusk("schema", *arguments))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def fit(validator, lines):
    count = 0
    for count, line in enumerate(lines.splitlines(), 1):
        for error in validator.iter_errors(json.loads(line)):
            sys.exit(f"{error.json_path}: {error.message}\n{line[:300]}")
    return count


with tempfile.TemporaryDirectory() as scratch:
    bad, failed = Path(scratch) / "bad.jsonl", Path(scratch) / "failed.jsonl"
    bad.write_bytes(BAD)
    pages = [ROOT / "fixtures/gold", ROOT / "fixtures/html", ROOT / "fixtures/example.wet", bad]
    records = validator()
    count = sum(fit(records, dehusk("extract", "-q", *pages, *options)) for options in OPTIONS)
    some = dehusk("extract", "-q", *pages, "--fields", "title,text,segments")
    count += fit(validator("--fields", "title,text,segments"), some)
    golden = sorted(ROOT.glob("fixtures/golden/*.json"))
    count += sum(fit(records, json.dumps(json.loads(path.read_text(encoding="utf-8")))) for path in golden)
    dehusk("extract", "-q", *pages, "--errors", failed)
    errors = fit(validator("failed"), failed.read_text(encoding="utf-8"))
    record = json.loads(golden[0].read_text(encoding="utf-8"))
    if records.is_valid({**record, "new": 1}) or records.is_valid({**record, "segments": [{}]}):
        sys.exit("what is no record fits")
print(f"{count} records and {errors} failed pages fit their schemas")
