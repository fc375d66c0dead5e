"""A body of `multipart/form-data` as browsers send it: fields in order, and one file.

https://www.rfc-editor.org/rfc/rfc7578
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final, NamedTuple
from urllib.parse import unquote

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact

# "The form data and boundaries (excluding the contents of the file) cannot exceed 20KB."
# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
BEFORE_FILE_BYTES_MAX: Final = 20 << 10
FIELDS_MAX: Final = 200
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([a-z*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))', re.IGNORECASE)


class Form(NamedTuple):
    """Fields by lower-case name, as they came before the file; the file, None where there is none."""

    fields: dict[str, str]
    file: bytes | None
    filename: str


def read_form(content_type: str, body: bytes) -> Form:
    """Read a form; what comes after its file is ignored, as S3 does."""
    mark = _mark(content_type)
    fields, filename, start = _until_file(mark, body)
    if start is None:
        return Form(fields, None, "")
    stop = body.find(b"\r\n" + mark, start - 2)
    if stop < 0:
        raise malformed("body", "the file has no end")
    return Form(fields, body[start : max(start, stop)], filename)


async def begin_form(content_type: str, pieces: AsyncIterator[bytes]) -> tuple[bytes, AsyncIterator[bytes]]:
    """Read a form that is still arriving up to its file: the form with an empty file, and the file's bytes.

    What comes after the file is read, and ignored.
    """
    mark = _mark(content_type)
    held = b""
    async for piece in pieces:
        held += piece
        if len(held) > 2 * BEFORE_FILE_BYTES_MAX:
            break
    _, _, start = _until_file(mark, held)
    if start is None:
        return held, _file(pieces, b"", b"\r\n" + mark)
    return held[:start] + b"\r\n" + mark + b"--", _file(pieces, held[start:], b"\r\n" + mark)


async def _file(pieces: AsyncIterator[bytes], held: bytes, delimiter: bytes) -> AsyncIterator[bytes]:
    stop = 0 if held.startswith(delimiter[2:]) else held.find(delimiter)
    while stop < 0:
        sure = len(held) - len(delimiter) + 1  # the delimiter may have begun
        if sure > 0:
            yield held[:sure]
            held = held[sure:]
        piece = await anext(pieces, None)
        if piece is None:
            raise malformed("body", "the file has no end")
        held += piece
        stop = held.find(delimiter)
    if stop:
        yield held[:stop]
    async for _ in pieces:
        pass


def _mark(content_type: str) -> bytes:
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise malformed("Content-Type", content_type)
    return b"--" + (found[1] or found[2]).encode("latin-1")


def _until_file(mark: bytes, body: bytes) -> tuple[dict[str, str], str, int | None]:
    """The fields before a form's file, the file's name, and where its bytes begin: None where there is no file."""
    place = 0 if body.startswith(mark) else body.find(b"\r\n" + mark) + 2
    if not body.startswith(mark, place):
        raise malformed("body", "does not begin with its boundary")
    place += len(mark)
    delimiter = b"\r\n" + mark
    fields: dict[str, str] = {}
    while not body.startswith(b"--", place):
        start = _after_line(body, place)
        end = body.find(b"\r\n\r\n", start - 2)
        if end < 0:
            raise malformed("body", "a part has no end of its headers")
        if end > BEFORE_FILE_BYTES_MAX:
            raise _too_much(end)
        name, filename = _named(body[start:end].decode("utf-8", "replace"))
        if name == "file":
            return fields, filename, end + 4
        stop = body.find(delimiter, end + 2)
        if stop < 0 and len(body) > BEFORE_FILE_BYTES_MAX:
            raise _too_much(len(body))
        if stop < 0:
            raise malformed("body", f"the part {name!r} has no end")
        if stop > BEFORE_FILE_BYTES_MAX or len(fields) >= FIELDS_MAX:
            raise _too_much(stop)
        _add(fields, name, body[end + 4 : stop])
        place = stop + len(delimiter)
    return fields, "", None


def _after_line(body: bytes, place: int) -> int:
    """Where the next line begins; between a boundary and its end there may be spaces."""
    end = body.find(b"\r\n", place)
    if end < 0 or body[place:end].strip(b" \t"):
        raise malformed("body", "a boundary is no line of its own")
    return end + 2


def _named(head: str) -> tuple[str, str]:
    """The name of a part, and the name of its file."""
    for line in head.split("\r\n"):
        header, colon, value = line.partition(":")
        if colon and header.strip().lower() == "content-disposition":
            kind, _, _ = value.partition(";")
            given = {found[1].lower(): _unquoted(found[2], found[3]) for found in _PARAMETER.finditer(value)}
            if kind.strip().lower() == "form-data" and given.get("name"):
                return given["name"].lower(), given.get("filename", "")
    raise malformed("body", "a part has no Content-Disposition of form-data with a name")


def _unquoted(quoted: str | None, plain: str | None) -> str:
    if quoted is None:
        return plain or ""
    # Browsers write a quotation mark as %22; others escape it. A path with backslashes is left as it is.
    return unquote(quoted.replace('\\"', '"')) if "%22" in quoted else quoted.replace('\\"', '"')


def _add(fields: dict[str, str], name: str, content: bytes) -> None:
    try:
        value = content.decode()
    except UnicodeDecodeError as error:
        raise malformed("body", f"the field {name!r} is not UTF-8") from error
    fields[name] = f"{fields[name]},{value}" if name in fields else value


def malformed(what: str, value: str) -> AwsError:
    """A body that is no form."""
    return AwsError(
        "MalformedPOSTRequest",
        "The body of your POST request is not well-formed multipart/form-data.",
        400,
        facts=(Fact("request", what, value),),
    )


def _too_much(size: int) -> AwsError:
    return AwsError(
        "MaxPostPreDataLengthExceeded",
        "Your POST request fields preceding the upload file were too large.",
        400,
        facts=(Fact("form", "bytes before the file", size), Fact("S3", "most of them", BEFORE_FILE_BYTES_MAX)),
    )
