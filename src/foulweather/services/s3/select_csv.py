"""Records of CSV with S3 Select's options for delimiters, quotation marks, comments and headers.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CSVInput.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from foulweather.services.s3.select_output import MISSING, RECORD_CHARACTERS_MAX, Row
from foulweather.services.s3.select_refusals import refused
from foulweather.services.s3.select_values import Path

_COLUMN = re.compile(r"_([1-9]\d{0,5})")
_HEADERS: Final = ("NONE", "USE", "IGNORE")

Record = list[str]


class CsvReader:
    """Splits bytes into records of fields; `start` and `end` bound where records may begin."""

    def __init__(self, options: Mapping[str, Any], start: int = 0, end: int | None = None) -> None:
        self._header = options.get("FileHeaderInfo") or "NONE"
        if self._header not in _HEADERS:
            raise refused("InvalidFileHeaderInfo", "FileHeaderInfo", self._header)
        delimiter = options.get("RecordDelimiter") or "\n"
        self._delimiter = delimiter.encode()
        # Lines of the default kind may end in CR LF.
        self._strips_cr = "RecordDelimiter" not in options
        self._between = options.get("FieldDelimiter") or ","
        self._quote: str = options.get("QuoteCharacter", '"')
        self._escape: str = options.get("QuoteEscapeCharacter", '"')
        self._comments: str = options.get("Comments") or ""
        self._spans_lines = bool(options.get("AllowQuotedRecordDelimiter"))
        for name, value, most in (
            ("RecordDelimiter", delimiter, 2),
            ("FieldDelimiter", self._between, 2),
            ("QuoteCharacter", self._quote, 1),
            ("QuoteEscapeCharacter", self._escape, 1),
            ("Comments", self._comments, 1),
        ):
            if len(value) > most:
                raise refused("InvalidRequestParameter", name, value)
        self._names: list[str] | None = None
        self._seeks_header = self._header != "NONE" and start == 0
        self._rest = b""
        self._open = ""
        self.read_from = max(0, start - len(self._delimiter))
        self._skips = start > 0
        self._place = self.read_from
        self._end = end

    def feed(self, data: bytes) -> Iterator[Record]:
        """The records that have ended."""
        *lines, self._rest = (self._rest + data).split(self._delimiter)
        if len(self._rest) > 4 * RECORD_CHARACTERS_MAX:
            raise refused("OverMaxRecordSize", "record", len(self._rest))
        for line in lines:
            yield from self._line(line)

    def finish(self) -> Iterator[Record]:
        """The last record, where the object does not end with a delimiter."""
        if self._rest or self._open:
            yield from self._line(self._rest)
        if self._open:
            raise refused("CSVUnescapedQuote", "record", self._open[:100])
        if self._seeks_header and self._header == "USE":
            self._names = []

    def _line(self, line: bytes) -> Iterator[Record]:
        begin, self._place = self._place, self._place + len(line) + len(self._delimiter)
        if self._skips:
            self._skips = False
            return
        if self._end is not None and begin >= self._end:
            return
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            raise refused("InvalidTextEncoding", "byte", begin + error.start) from error
        if self._strips_cr:
            text = text.removesuffix("\r")
        if self._open:
            text = self._open + self._delimiter.decode() + text
        elif not text or (self._comments and text.startswith(self._comments)):
            return
        if len(text) > RECORD_CHARACTERS_MAX:
            raise refused("OverMaxRecordSize", "record", len(text))
        fields = self._fields(text)
        if fields is None:
            self._open = text
            return
        self._open = ""
        if self._seeks_header:
            self._seeks_header = False
            if self._header == "USE":
                self._names = [name.removeprefix("\ufeff") for name in fields]
            return
        yield fields

    def _fields(self, text: str) -> Record | None:
        """The fields of a record; None where a quoted one goes on in the next line."""
        quote = self._quote
        if not quote or quote not in text:
            return text.split(self._between)
        fields: Record = []
        place, size, between = 0, len(text), self._between
        while True:
            if text.startswith(quote, place):
                found = self._quoted(text, place + 1)
                if found is None:
                    if self._spans_lines:
                        return None
                    raise refused("CSVUnescapedQuote", "record", text[:100])
                value, place = found
                end = text.find(between, place)
                end = size if end < 0 else end
                fields.append(value + text[place:end])
            else:
                end = text.find(between, place)
                end = size if end < 0 else end
                fields.append(text[place:end])
            if end == size:
                return fields
            place = end + len(between)

    def _quoted(self, text: str, place: int) -> tuple[str, int] | None:
        """A quoted field, and where it ends."""
        quote, escape = self._quote, self._escape
        parts: list[str] = []
        begin = place
        while place < len(text):
            each = text[place]
            if each == escape and text[place + 1 : place + 2] in (quote, escape) and text[place + 1 : place + 2]:
                parts += (text[begin:place], text[place + 1])
                place += 2
                begin = place
            elif each == quote:
                parts.append(text[begin:place])
                return "".join(parts), place + 1
            else:
                place += 1
        return None

    # --- what records hold

    def getter(self, path: Path) -> Callable[[Any], Any]:
        """What takes a column out of a record: by its place (`_1`), or by its name in the header."""
        if len(path) != 1 or path[0].place is not None:
            raise refused("InvalidKeyPath", "path", ".".join([step.name for step in path]))
        step = path[0]
        numbered = _COLUMN.fullmatch(step.name)
        if numbered is None:
            if self._header != "USE":
                raise refused("MissingHeaders", "column", step.name)
            return self._named(step.name, is_exact=step.is_exact)
        index = int(numbered[1]) - 1
        return lambda record: record[index] if index < len(record) else MISSING

    def _named(self, name: str, *, is_exact: bool) -> Callable[[Any], Any]:
        place = -1

        def get(record: Record) -> Any:
            nonlocal place
            if place < 0:
                place = self._find(name, is_exact=is_exact)
            return record[place] if place < len(record) else MISSING

        return get

    def _find(self, name: str, *, is_exact: bool) -> int:
        names = self._names or []
        if name in names and names.count(name) == 1:
            return names.index(name)
        found = [number for number, each in enumerate(names) if not is_exact and each.lower() == name.lower()]
        if name in names or len(found) > 1:
            raise refused("AmbiguousFieldName", "column", name)
        if not found:
            raise refused("MissingHeaders", "column", name)
        return found[0]

    def row(self, record: Any) -> Row:
        """A whole record, by the names of its columns."""
        names = self._names or ()
        return [(names[i] if i < len(names) else f"_{i + 1}", value) for i, value in enumerate(record)]
