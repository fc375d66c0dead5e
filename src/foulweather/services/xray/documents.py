"""Segment documents: what X-Ray takes of them, and the code by which it leaves the others unprocessed.

https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

from foulweather.kernel.tracing import TRACE_ID
from foulweather.services.xray import limits

Document = dict[str, Any]
# Up to 200 letters, numbers, whitespace and these symbols (xray-api-segmentdocuments).
_NAME = re.compile(r"[\w\s.:/%&#=+\\\-@]{1,200}")
_ID = re.compile(r"[0-9a-f]{16}")


class Unprocessed(Exception):
    """A document that X-Ray does not take."""

    def __init__(self, code: str, document_id: str = "", kind: str = "segment", words: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.document_id = document_id
        self.message = words or f"Invalid {kind}. ErrorCode: {code}"


def checked(text: str) -> Document:
    """A document that was sent by itself, or why it is left unprocessed.

    Trace ids need not begin with a time any more: those of OpenTelemetry are random.
    https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids
    """
    try:
        read: Any = json.loads(text)
    except ValueError:
        raise Unprocessed("ParseError") from None
    if not isinstance(read, dict):
        raise Unprocessed("ParseError")
    document = cast(Document, read)
    _check(document, "subsegment" if document.get("type") == "subsegment" else "segment")
    own_id, trace_id = document["id"], document.get("trace_id")
    kind = "subsegment" if document.get("type") == "subsegment" else "segment"
    if not trace_id:
        raise Unprocessed("MissingTraceId", own_id, kind)
    if not isinstance(trace_id, str) or not TRACE_ID.fullmatch(trace_id):
        raise Unprocessed("InvalidTraceId", own_id, kind)
    if kind == "subsegment" and not document.get("parent_id"):
        raise Unprocessed("MissingParentId", own_id, kind)
    if len(text.encode()) > limits.SEGMENT_BYTES_MAX:
        words = "Segment size exceeded. Reduce the size of your segment document."
        raise Unprocessed("InvalidSegment", own_id, words=words)
    return document


def _check(document: Document, kind: str) -> None:
    """Refuse what a segment or subsegment must have, or must not be; then what is in it."""
    own_id = document.get("id")
    if not own_id:
        raise Unprocessed("MissingId", "", kind)
    if not isinstance(own_id, str) or not _ID.fullmatch(own_id):
        raise Unprocessed("InvalidId", str(own_id), kind)
    name = document.get("name")
    if not name:
        raise Unprocessed("MissingName", own_id, kind)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Unprocessed("InvalidName", own_id, kind)
    start, end = document.get("start_time"), document.get("end_time")
    if start is None:
        raise Unprocessed("MissingStartTime", own_id, kind)
    if end is None and not document.get("in_progress"):
        raise Unprocessed("MissingEndTime", own_id, kind)
    if not _is_number(start) or not (end is None or _is_number(end)) or (end is not None and end < start):
        raise Unprocessed("InvalidTime", own_id, kind)
    parent = document.get("parent_id")
    if parent is not None and not (isinstance(parent, str) and _ID.fullmatch(parent)):
        raise Unprocessed("InvalidParentId", own_id, kind)
    inner: Any = document.get("subsegments") or []
    if not isinstance(inner, list):
        raise Unprocessed("ParseError", own_id, kind)
    for each in cast("list[Any]", inner):
        if not isinstance(each, dict):
            raise Unprocessed("ParseError", own_id, kind)
        _check(cast(Document, each), "subsegment")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
