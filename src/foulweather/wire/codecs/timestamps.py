"""Timestamps on the wire, which are integer milliseconds since the epoch inside."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Format = Literal["iso8601", "rfc822", "unixTimestamp"]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH: Final = datetime(1970, 1, 1)
_MILLISECOND: Final = timedelta(milliseconds=1)
_ISO8601: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:[Zz]|([+-])(\d\d):?(\d\d))?"
)
_ISO8601_BASIC: Final = re.compile(r"(\d{4})(\d\d)(\d\d)[Tt](\d\d)(\d\d)(\d\d)(?:[.,](\d{1,9}))?[Zz]")
_ISO8601_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_EXPIRY_MS_MAX: Final = 253_402_300_799_999
"""The last millisecond of the year 9999, the last year that ISO 8601's four digits hold."""
_EPOCH_MS_MIN: Final = -62_135_596_800_000


@lru_cache(maxsize=4096)
def iso8601_seconds(at_ms: int) -> str:
    """`2026-11-21T00:00:00Z`, with milliseconds only where there are some: the query protocols."""
    moment = _NAIVE_EPOCH + timedelta(milliseconds=at_ms)
    return moment.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds") + "Z"


def iso8601_milliseconds(at_ms: int) -> str:
    """`2026-11-21T00:00:00.000Z`: Amazon S3 and EC2 always write three digits."""
    return (_NAIVE_EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds") + "Z"


def rfc822(at_ms: int) -> str:
    """`Sat, 21 Nov 2026 00:00:00 GMT`: HTTP headers."""
    return _rfc822(at_ms // 1000)


@lru_cache(maxsize=4096)
def _rfc822(at_s: int) -> str:
    # The same moments are told again and again: an object's last change with every read of it.
    return format_datetime(EPOCH + timedelta(seconds=at_s), usegmt=True)


def unix_number(at_ms: int) -> int | float:
    """Seconds, as a whole number where it is one: JSON."""
    return at_ms / 1000 if at_ms % 1000 else at_ms // 1000


def unix_text(at_ms: int) -> str:
    """Seconds as text: XML, headers and labels."""
    return f"{at_ms / 1000:.3f}" if at_ms % 1000 else str(at_ms // 1000)


def formatter(form: str) -> Callable[[int], str]:
    """How to write a timestamp of the model's `timestampFormat` as text."""
    return {"iso8601": iso8601_seconds, "rfc822": rfc822, "unixTimestamp": unix_text}[form]


def from_unix(seconds: float) -> int:
    """Milliseconds of a number of seconds; ValueError when no calendar has that day."""
    if isinstance(seconds, float) and not math.isfinite(seconds):
        raise ValueError(f"{seconds} is not a point in time")
    at_ms = seconds * 1000 if isinstance(seconds, int) else round(seconds * 1000)
    if not _EPOCH_MS_MIN <= at_ms <= _EXPIRY_MS_MAX:
        raise ValueError(f"{seconds} is not a point in time")
    return at_ms


def from_datetime(moment: datetime) -> int:
    """Milliseconds of a datetime, which is UTC if it does not say otherwise."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // _MILLISECOND


def from_iso8601(text: str) -> int:
    """Milliseconds of an ISO 8601 date and time, of any offset and precision; ValueError if it is none."""
    match = _ISO8601.fullmatch(text) or _ISO8601_BASIC.fullmatch(text)
    if match is None:
        match = _ISO8601_DATE.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not an ISO 8601 timestamp")
        return from_datetime(datetime(int(match[1]), int(match[2]), int(match[3])))
    year, month, day, hour, minute = (int(match[index]) for index in range(1, 6))
    moment = datetime(year, month, day, hour, minute, min(int(match[6] or 0), 59), tzinfo=UTC)
    at_ms = from_datetime(moment) + int((match[7] or "0").ljust(3, "0")[:3])
    if match.re is _ISO8601 and match[8]:
        offset_ms = (int(match[9]) * 60 + int(match[10])) * 60_000
        at_ms += -offset_ms if match[8] == "+" else offset_ms
    return at_ms


def from_rfc822(text: str) -> int:
    """Milliseconds of an HTTP date; ValueError if it is none."""
    try:
        return from_datetime(parsedate_to_datetime(text))
    except (TypeError, IndexError, OverflowError) as error:
        raise ValueError(f"{text!r} is not an HTTP date") from error


def from_unix_text(text: str) -> int:
    """Milliseconds of seconds written as text; ValueError if they are not."""
    return from_unix(int(text) if len(text) < 18 and text.isdecimal() else float(text))


def from_text(text: str) -> int:
    """Milliseconds of a timestamp in whichever of the three formats it is, as AWS's parsers accept them."""
    text = text.strip()
    for parse in (from_iso8601, from_unix_text, from_rfc822):
        try:
            return parse(text)
        except (ValueError, OverflowError):
            continue
    raise ValueError(f"{text!r} is not a timestamp")
