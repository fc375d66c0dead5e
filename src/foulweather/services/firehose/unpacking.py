"""Records taken apart before anything else: decompressed, reduced to log messages, divided into the records in them.

https://docs.aws.amazon.com/firehose/latest/dev/writing-with-cloudwatch-logs-decompression.html
https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-multirecord-deaggergation.html
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Mapping
from typing import Any, cast

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.firehose import refusals

KINDS = ("Decompression", "CloudWatchLogProcessing", "RecordDeAggregation")
# "these objects will be delivered to an S3 bucket prefix called decompression-failed": decomp-faq.html
DECOMPRESSION = "decompression-failed"


class Unreadable(Exception):
    """A record that is not what its processor expects."""


def check(kind: str, named: Mapping[str, str]) -> None:
    """Refuse parameters that a processor cannot work with."""
    if kind == "Decompression" and named.get("CompressionFormat", "GZIP") != "GZIP":
        raise _wrong("CompressionFormat", named.get("CompressionFormat"), "GZIP")
    if kind == "CloudWatchLogProcessing" and named.get("DataMessageExtraction") not in ("true", "false"):
        raise _wrong("DataMessageExtraction", named.get("DataMessageExtraction"), "true or false")
    if kind == "RecordDeAggregation":
        if named.get("SubRecordType") not in ("JSON", "DELIMITED"):
            raise _wrong("SubRecordType", named.get("SubRecordType"), "JSON or DELIMITED")
        if (named["SubRecordType"] == "DELIMITED") != ("Delimiter" in named):
            raise _wrong("Delimiter", named.get("Delimiter"), "given if and only if SubRecordType is DELIMITED")
        _delimiter(named)


def unpacked(kind: str, named: Mapping[str, str], data: bytes) -> list[bytes]:
    """The records in one record."""
    if kind == "Decompression":
        try:
            return [gzip.decompress(data)]
        except (OSError, EOFError, zlib.error) as error:
            raise Unreadable("The record could not be decompressed as GZIP.") from error
    if kind == "CloudWatchLogProcessing":
        return _messages(data) if named["DataMessageExtraction"] == "true" else [data]
    if named["SubRecordType"] == "DELIMITED":
        return [part for part in data.split(_delimiter(named)) if part]
    return _documents(data)


def _delimiter(named: Mapping[str, str]) -> bytes:
    try:
        return base64.b64decode(named.get("Delimiter", ""), validate=True)
    except binascii.Error:
        raise _wrong("Delimiter", named.get("Delimiter"), "base64") from None


def _messages(data: bytes) -> list[bytes]:
    """The messages of a batch of CloudWatch Logs, a line each; a control message has none."""
    try:
        document: Any = json.loads(data)
        if document["messageType"] == "CONTROL_MESSAGE":
            return []
        events = cast("list[Mapping[str, Any]]", document["logEvents"])
        return [b"".join([str(event["message"]).encode() + b"\n" for event in events])]
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable("The record is no batch of CloudWatch Logs.") from error


def _documents(data: bytes) -> list[bytes]:
    """JSON objects that follow one another; "JSON array is not a valid input"."""
    try:
        text = data.decode()
        decoder, at, found = json.JSONDecoder(), 0, list[bytes]()
        while at < len(text):
            if text[at].isspace():
                at += 1
                continue
            value, end = decoder.raw_decode(text, at)
            if not isinstance(value, dict):
                raise Unreadable("A record in the record is no JSON object.")
            found.append(text[at:end].encode())
            at = end
    except ValueError as error:
        raise Unreadable("The record is no sequence of JSON objects.") from error
    return found


def _wrong(name: str, value: object, wanted: str) -> Exception:
    if name == "CompressionFormat":
        return not_implemented("firehose", f"Decompression.CompressionFormat {value}")
    return refusals.invalid(f"{name} must be {wanted}.", Fact("request", name, value))
