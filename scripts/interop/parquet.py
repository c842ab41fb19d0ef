#!/usr/bin/env python3
"""Parquet between dehusk and others: files that pyarrow writes, dehusk must read; files that
dehusk writes, pyarrow, DuckDB and (where it is installed) Polars must read, with the values
of the JSONL records. Takes the program's path; exits 77 where pyarrow or DuckDB is missing.
"""

import datetime
import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(77)
try:
    import polars
except ImportError:
    polars = None

if len(sys.argv) != 2:
    sys.exit(f"usage: {sys.argv[0]} target/release/dehusk")
PROGRAM = Path(sys.argv[1]).resolve()
ROOT = Path(__file__).resolve().parents[2]

PAGES = [(ROOT / "fixtures/example.txt").read_text(encoding="utf-8")]
PAGES += [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("fixtures/gold/*/page.txt"))[:20]]
PAGES += ["", "a\0b", "😀 \u2028 \"quotes\" \\", "Tags: one, two\n" * 3]
COUNT = len(PAGES)
IDS = [f"page-{n}" for n in range(COUNT)]
URLS = [None if n % 3 else f"https://a.example/{n}" for n in range(COUNT)]


def dehusk(*options, data=None, status=0):
    run = subprocess.run([PROGRAM, "extract", "-q", *map(str, options)], input=data, capture_output=True)
    assert run.returncode == status, (options, run.returncode, run.stderr.decode())
    return run.stdout


def records(*options, data=None):
    return [json.loads(line) for line in dehusk(*options, data=data).splitlines()]


def without_source(records):
    return [{key: value for key, value in record.items() if key != "source"} for record in records]


def jsonl():
    rows = zip(IDS, URLS, PAGES)
    return "".join(json.dumps({"id": i, "url": u, "text": t}) + "\n" for i, u, t in rows).encode()


def reads(folder):
    """What pyarrow writes."""
    expected = without_source(records("--from", "jsonl", "--with-text", data=jsonl()))
    kinds = {
        "string": pa.string(),
        "large_string": pa.large_string(),
        "string_view": pa.string_view(),
        "binary": pa.binary(),
        "dictionary": pa.dictionary(pa.int32(), pa.string()),
    }
    packings = ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]
    versions = [("1.0", "1.0"), ("2.6", "1.0"), ("2.6", "2.0")]
    count = 0
    for kind in kinds:
        for packing in packings:
            for number, (version, pages) in enumerate(versions):
                values = [text.encode() for text in PAGES] if kind == "binary" else PAGES
                text = pa.array(values, pa.string() if kind == "dictionary" else kinds[kind])
                if kind == "dictionary":
                    text = text.dictionary_encode()
                table = pa.table({"id": IDS, "url": URLS, "text": text, "more": list(range(COUNT))})
                path = folder / f"{kind}-{packing}-{number}.parquet"
                pq.write_table(
                    table, path, compression=packing, version=version, data_page_version=pages,
                    row_group_size=7, data_page_size=2000, use_dictionary=bool(number % 2),
                    store_schema=number != 1,
                )
                found = without_source(records("--with-text", path))
                assert found == expected, path.name
                count += 1
    piped = without_source(records("--with-text", data=path.read_bytes()))
    assert piped == expected, "standard input"
    print(f"reads: {count} files of pyarrow {pa.__version__}, {COUNT} pages each")


def keeps(folder):
    """Values of all sorts as JSON."""
    utc = datetime.timezone.utc
    time = datetime.datetime(2024, 2, 29, 12, 30, 15, 123000, tzinfo=utc)
    columns = {
        "text": ["a", "b"],
        "int": pa.array([2**63 - 1, None], pa.int64()),
        "byte": pa.array([255, 0], pa.uint8()),
        "float": [0.1, -1e300],
        "bool": [True, None],
        "day": pa.array([datetime.date(2024, 2, 29), None]),
        "time": pa.array([time, None], pa.timestamp("us", "Asia/Shanghai")),
        "naive": pa.array([time.replace(tzinfo=None), None], pa.timestamp("ms")),
        "decimal": pa.array([1, None], pa.int32()).cast(pa.decimal128(12, 2)),
        "list": [["x", None], []],
        "times": pa.array([[time], None], pa.list_(pa.timestamp("ms", "UTC"))),
        "struct": [{"a": 1, "b": [{"c": "d"}]}, {"a": None, "b": None}],
        "map": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int32())),
        "null": pa.nulls(2),
        "bytes": pa.array([b"\x00\xff", None], pa.binary()),
    }
    path = folder / "kept.parquet"
    pq.write_table(pa.table(columns), path)
    first, second = (record["input"] for record in records("--fields", "input", "--keep", "all", path))
    assert first == {
        "int": 2**63 - 1, "byte": 255, "float": 0.1, "bool": True, "day": "2024-02-29",
        "time": "2024-02-29T12:30:15.123Z", "naive": "2024-02-29T12:30:15.123", "decimal": first["decimal"],
        "list": ["x", None], "times": ["2024-02-29T12:30:15.123Z"],
        "struct": {"a": 1, "b": [{"c": "d"}]}, "map": {"k": 1}, "null": None, "bytes": "00ff",
    }, first
    assert str(first["decimal"]) in ("1.0", "1.00"), first["decimal"]
    assert second["list"] == [] and second["struct"] == {"a": None, "b": None} and second["int"] is None
    print("keeps: values of", len(columns) - 1, "types")


def bare(value):
    """Without what is absent: JSON leaves it out, tables have null."""
    if isinstance(value, dict):
        return {key: bare(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [bare(inner) for inner in value]
    return value


def writes(folder):
    """What others read of dehusk's."""
    source = folder / "in.jsonl"
    source.write_bytes(jsonl())
    options = ["--with-text", "--keep", "id,url", "--confidence"]
    expected = records(*options, source)
    for record in expected:
        record["input"] = json.dumps(record["input"], ensure_ascii=False, separators=(",", ":"))
    out = folder / "out.parquet"
    dehusk(*options, source, "-o", out)
    piped = dehusk(*options, source, "--to", "parquet", "--threads", 1)
    assert piped == out.read_bytes(), "standard output"

    readers = {f"pyarrow {pa.__version__}": lambda: pq.read_table(out).to_pylist()}
    query = f"select * from '{out}'"
    readers[f"duckdb {duckdb.__version__}"] = lambda: duckdb.sql(query).to_arrow_table().to_pylist()
    if polars:
        readers[f"polars {polars.__version__}"] = lambda: polars.read_parquet(out).to_dicts()
    for name, read in readers.items():
        found = [bare(row) for row in read()]
        for line, row in zip(expected, found, strict=True):
            assert row == line, (name, row, line)
        print(f"writes: {len(found)} records for {name}")

    sql = f"""select kind, count(*) from (select unnest(segments, recursive := true) from '{out}')
        group by kind order by kind"""
    counts = {}
    for record in expected:
        for segment in record["segments"]:
            counts[segment["kind"]] = counts.get(segment["kind"], 0) + 1
    assert dict(duckdb.sql(sql).fetchall()) == counts, "segments by kind"


with tempfile.TemporaryDirectory() as folder:
    reads(Path(folder))
    keeps(Path(folder))
    writes(Path(folder))
