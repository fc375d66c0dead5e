"""The records of an object that S3 Select reads: out of CSV or JSON, as its bytes come.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_InputSerialization.html
"""

from __future__ import annotations

import bz2
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, Protocol

from foulweather.kernel.errors import not_implemented
from foulweather.services.s3.select_csv import CsvReader
from foulweather.services.s3.select_output import RECORD_CHARACTERS_MAX, Row
from foulweather.services.s3.select_paths import Getter, every, getter_of, names_in
from foulweather.services.s3.select_refusals import refused
from foulweather.services.s3.select_values import Path

PIECE_BYTES: Final = 64 << 10
DOCUMENT_BYTES_MAX: Final = 16 << 20
_SPACE: Final = " \t\r\n"


class Reader(Protocol):
    """Takes in the bytes of an object and gives out its records."""

    def feed(self, data: bytes) -> Iterator[Any]:
        """The records that are whole with these bytes."""
        ...

    def finish(self) -> Iterator[Any]:
        """The last record, which may lack its end."""
        ...

    def getter(self, path: Path) -> Getter:
        """What takes the value at a path out of a record."""
        ...

    def row(self, record: Any) -> Row:
        """A whole record, by names."""
        ...


class Span(NamedTuple):
    """The bytes that a scan range asks for: records that begin from `start` to before `end`."""

    start: int
    end: int


class Source(NamedTuple):
    """How an object is read."""

    reader: Reader
    compression: str
    read_from: int


def source_of(serialization: Mapping[str, Any], source: Path, scan: Mapping[str, Any] | None, size: int) -> Source:
    """What reads the object; refuses options that make no sense."""
    kinds = [name for name in ("CSV", "JSON", "Parquet") if serialization.get(name) is not None]
    if len(kinds) != 1:
        code = "ObjectSerializationConflict" if kinds else "InvalidDataSource"
        raise refused(code, "InputSerialization", kinds)
    if kinds[0] == "Parquet":
        raise not_implemented("s3", "SelectObjectContent.InputSerialization.Parquet")
    compression = serialization.get("CompressionType") or "NONE"
    if compression not in ("NONE", "GZIP", "BZIP2"):
        raise refused("InvalidCompressionFormat", "CompressionType", compression)
    options: Mapping[str, Any] = serialization[kinds[0]]
    span = _span(scan, size) if scan else None
    if span is not None and (
        compression != "NONE" or options.get("Type") == "DOCUMENT" or options.get("AllowQuotedRecordDelimiter")
    ):
        raise refused("UnsupportedScanRangeInput", "ScanRange", dict(scan or {}))
    if kinds[0] == "CSV":
        if any(not step.is_every for step in source):
            raise refused("InvalidKeyPath", "FROM", "a path into CSV")
        made = CsvReader(options, span.start if span else 0, span.end if span else None)
        return Source(made, compression, made.read_from)
    kind = options.get("Type")
    if kind not in ("DOCUMENT", "LINES"):
        raise refused("InvalidJsonType" if kind else "MissingRequiredParameter", "Type", kind)
    if kind == "DOCUMENT":
        return Source(DocumentReader(source), compression, 0)
    lines = LinesReader(source, span)
    return Source(lines, compression, lines.read_from)


def _span(scan: Mapping[str, Any], size: int) -> Span:
    start, end = scan.get("Start"), scan.get("End")
    if start is None:  # the last bytes
        return Span(max(0, size - (end or 0)), size)
    if start < 0 or (end is not None and end < start) or start >= max(size, 1):
        raise refused("InvalidScanRange", "ScanRange", dict(scan))
    return Span(start, size if end is None else min(end + 1, size))


class DocumentReader:
    """JSON documents of any layout, one after another; whole once the object is."""

    def __init__(self, source: Path) -> None:
        self._source = source
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[Any]:
        """Nothing yet."""
        self._size += len(data)
        if self._size > DOCUMENT_BYTES_MAX:
            raise refused("OverMaxRecordSize", "document", self._size)
        self._pieces.append(data)
        return iter(())

    def finish(self) -> Iterator[Any]:
        """Every record of the documents."""
        return _values(_decoded(b"".join(self._pieces)), self._source)

    def getter(self, path: Path) -> Getter:
        """What takes the value at a path out of a record."""
        return getter_of(path)

    def row(self, record: Any) -> Row:
        """A whole record, by names."""
        return names_in(record)


class LinesReader(DocumentReader):
    """JSON values, each on a line."""

    def __init__(self, source: Path, span: Span | None) -> None:
        super().__init__(source)
        self._rest = b""
        # A record begins after the end of a line: one byte before says whether it does at the start.
        self.read_from = max(0, span.start - 1) if span is not None else 0
        self._skips = span is not None and span.start > 0
        self._place = self.read_from
        self._end = span.end if span is not None else None

    def feed(self, data: bytes) -> Iterator[Any]:
        """The records of the lines that have ended."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > 4 * RECORD_CHARACTERS_MAX:
            raise refused("OverMaxRecordSize", "record", len(self._rest))
        for line in lines:
            yield from self._line(line)

    def finish(self) -> Iterator[Any]:
        """The record of the last line."""
        yield from self._line(self._rest)

    def _line(self, line: bytes) -> Iterator[Any]:
        begin, self._place = self._place, self._place + len(line) + 1
        if self._skips:
            self._skips = False
            return
        if self._end is not None and begin >= self._end:
            return
        text = _decoded(line)
        if len(text) > RECORD_CHARACTERS_MAX:
            raise refused("OverMaxRecordSize", "record", len(text))
        yield from _values(text, self._source)


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise refused("InvalidTextEncoding", "byte", error.start) from error


_decoder = json.JSONDecoder()


def _values(text: str, source: Path) -> Iterator[Any]:
    """The values of a text, one after another, and what the query's source takes out of each."""
    place = 0
    while True:
        while place < len(text) and text[place] in _SPACE:
            place += 1
        if place == len(text):
            return
        try:
            value, place = _decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise refused("JSONParsingError", "JSON", text[place : place + 100]) from error
        # `S3Object[*]` is every value of the object.
        steps = source[1:] if source and source[0].is_every else source
        yield from every(value, steps)


class Unpacking:
    """Takes an object out of its compression, a bounded piece at a time."""

    def __init__(self, compression: str) -> None:
        self._kind = compression
        self._made: Any = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What these bytes hold."""
        if self._kind == "NONE":
            yield data
            return
        while data:
            if self._made is None or self._made.eof:
                self._made = zlib.decompressobj(31) if self._kind == "GZIP" else bz2.BZ2Decompressor()
            try:
                yield self._made.decompress(data, PIECE_BYTES)
                while not self._made.eof and (piece := self._more()):
                    yield piece
            except (zlib.error, OSError, EOFError, ValueError) as error:
                raise refused("TruncatedInput", self._kind, str(error)) from error
            data = self._made.unused_data if self._made.eof else b""

    def _more(self) -> bytes:
        """What is left of the bytes that were given."""
        if self._kind == "GZIP":
            tail = self._made.unconsumed_tail
            return self._made.decompress(tail, PIECE_BYTES) if tail else b""
        return b"" if self._made.needs_input else self._made.decompress(b"", PIECE_BYTES)

    def finish(self) -> None:
        """Refuse what ends too early."""
        if self._kind != "NONE" and (self._made is None or not self._made.eof):
            raise refused("TruncatedInput", self._kind, "ends too early")
