#!/usr/bin/env python3
"""WARC and WET between dehusk and others: files that warcio writes, plain and gzip, with every
coding of the body, dehusk must read; and those that FastWARC copies from them, where it is
installed. Takes the program's path; exits 77 where warcio is missing.
"""

import gzip
import io
import json
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

try:
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(77)
try:
    from fastwarc.stream_io import GzipWriter
    from fastwarc.warc import ArchiveIterator
except ImportError:
    ArchiveIterator = None

if len(sys.argv) != 2:
    sys.exit(f"usage: {sys.argv[0]} target/release/dehusk")
PROGRAM = Path(sys.argv[1]).resolve()
ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "fixtures/html").glob("*.html"))[:12]


def records(*paths):
    """The records of these files without what tells where they came from."""
    command = [PROGRAM, "extract", "-q", "--with-text", *map(str, paths)]
    run = subprocess.run(command, capture_output=True)
    assert run.returncode == 0, (paths, run.stderr.decode())
    found = [json.loads(line) for line in run.stdout.splitlines()]
    for record in found:
        record["source"].pop("path")
    return found


def codings():
    """How a body is stored: its headers and what is done to its bytes."""
    def chunked(body):
        chunks = (body[at : at + 1000] for at in range(0, len(body), 1000))
        return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"

    yield [], bytes
    yield [("Content-Encoding", "gzip")], gzip.compress
    yield [("Content-Encoding", "deflate")], zlib.compress
    yield [("Transfer-Encoding", "chunked")], chunked
    both = [("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")]
    yield both, lambda body: chunked(gzip.compress(body))


def write_warc(path, packed, headers, store):
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=packed)
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "interop"}))
        for number, page in enumerate(PAGES):
            url = f"https://site.example/{page.stem}"
            request = StatusAndHeaders(f"GET /{page.stem} HTTP/1.1", [], is_http_request=True)
            writer.write_record(writer.create_warc_record(url, "request", http_headers=request))
            head = StatusAndHeaders("200 OK", [("Content-Type", "text/html"), *headers], protocol="HTTP/1.1")
            writer.write_record(warc_record(writer, number, url, "response", store(page.read_bytes()), head))


def warc_record(writer, number, url, kind, payload, head=None):
    fixed = {"WARC-Date": "2024-05-01T00:00:00Z", "WARC-Record-ID": f"<urn:uuid:{number:036}>"}
    return writer.create_warc_record(
        url, kind, payload=io.BytesIO(payload), http_headers=head, warc_headers_dict=fixed
    )


def write_wet(path, packed, pages):
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=packed)
        for number, page in enumerate(pages):
            writer.write_record(warc_record(writer, number, page["url"], "conversion", page["text"].encode()))


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        plain = folder / "plain.warc"
        write_warc(plain, False, *next(codings()))
        expected = records(plain)
        assert len(expected) == len(PAGES)
        for page, record in zip(PAGES, expected):
            assert record["id"] == record["url"] == f"https://site.example/{page.stem}", record["id"]
            assert record["source"]["WARC-Date"] == "2024-05-01T00:00:00Z"
        # The same pages as files.
        for record, file in zip(expected, records(*PAGES)):
            for key in ("title", "body", "tags", "related", "segments", "text"):
                assert record.get(key) == file.get(key), (record["id"], key)
        for number, (headers, store) in enumerate(codings()):
            for packed in (False, True):
                path = folder / f"{number}.warc{'.gz' if packed else ''}"
                write_warc(path, packed, headers, store)
                assert records(path) == expected, path
        write_wet(folder / "plain.wet", False, expected)
        write_wet(folder / "packed.warc.wet.gz", True, expected)
        texts = records(folder / "plain.wet")
        assert [page["text"] for page in texts] == [page["text"] for page in expected]
        assert records(folder / "packed.warc.wet.gz") == texts
        if ArchiveIterator:
            copy = folder / "copy.warc.gz"
            with copy.open("wb") as out, plain.open("rb") as source:
                for record in ArchiveIterator(source, parse_http=False):
                    record.write(GzipWriter(out))
            assert records(copy) == expected
    print(f"{len(expected)} pages read alike from every file", "" if ArchiveIterator else "(without FastWARC)")


main()
