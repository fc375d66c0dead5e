"""Parts of objects: by `Range`, or by the number of a part.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import limits, refusals
from foulweather.services.s3.records import PartSummary, Version

_RANGE = re.compile(r"bytes\s*=\s*(?:(\d+)\s*-\s*(\d*)|-\s*(\d+))\s*", re.IGNORECASE)
_COPIED = re.compile(r"bytes=(\d+)-(\d+)")


class Span(NamedTuple):
    """Bytes of an object: where they begin, how many; and which part they are."""

    start: int
    size: int
    part: PartSummary | None = None


def asked(request: Mapping[str, Any], version: Version) -> Span | None:
    """The part of an object that a request asks for; None for the whole."""
    text = request.get("Range")
    if "PartNumber" in request:
        if text is not None:
            message = "Cannot specify both Range header and partNumber query parameter"
            raise refusals.invalid_request(message, Fact("request", "Range", text))
        return _part(limits.checked_part_number(request["PartNumber"]), version)
    return None if text is None else _span(text, version)


def _span(text: str, version: Version) -> Span | None:
    # What is no single range of bytes is ignored; S3 has no multiple ranges.
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        return None
    first, last, suffix = found.groups()
    size = version.size
    if suffix is not None:
        length = min(int(suffix), size)
        if length == 0:
            raise _not_satisfiable(text, version)
        return Span(size - length, length)
    start = int(first)
    end = int(last) if last else size - 1
    if last and end < start:
        return None
    if start >= size:
        raise _not_satisfiable(text, version)
    return Span(start, min(end, size - 1) - start + 1)


def _not_satisfiable(text: str, version: Version) -> AwsError:
    return AwsError(
        "InvalidRange",
        "The requested range is not satisfiable",
        416,
        facts=(Fact("request", "Range", text), Fact(version.arn, "size", version.size)),
        members={"RangeRequested": text, "ActualObjectSize": version.size},
        headers=(("Content-Range", f"bytes */{version.size}"),),
    )


def _part(number: int, version: Version) -> Span:
    start = 0
    for part in version.parts:
        if part.number == number:
            return Span(start, part.size, part)
        start += part.size
    if number == 1 and not version.parts:
        return Span(0, version.size)
    count = len(version.parts) or 1
    raise AwsError(
        "InvalidPartNumber",
        "The requested partnumber is not satisfiable",
        416,
        facts=(Fact("request", "partNumber", number), Fact(version.arn, "parts", count)),
        members={"PartNumberRequested": number, "ActualPartCount": count},
    )


def copied(text: str, version: Version) -> Span:
    """The range of its source that UploadPartCopy asks for: both ends are given and inside it."""
    found = _COPIED.fullmatch(text)
    if found is None or int(found[2]) < int(found[1]):
        raise refusals.invalid_argument(
            "x-amz-copy-source-range",
            text,
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy",
        )
    start, last = int(found[1]), int(found[2])
    if last >= version.size:
        raise refusals.invalid_argument(
            "x-amz-copy-source-range", text, f"Range specified is not valid for source object of size: {version.size}"
        )
    return Span(start, last - start + 1)
