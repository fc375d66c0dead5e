"""Names of objects: prefixes with expressions, and the suffix that tells when an object was begun.

https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.firehose import refusals
from foulweather.world.ids import ALPHANUMERIC

_EXPRESSION: Final = re.compile(r"!\{([A-Za-z]+):([^}]*)\}")
_TOKEN: Final = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")
_FORMATS: Final = {
    "yyyy": "%Y",
    "uuuu": "%Y",
    "yy": "%y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
    "DDD": "%j",
    "a": "%p",
    "E": "%a",
    "EEE": "%a",
    "EEEE": "%A",
    "MMM": "%b",
    "MMMM": "%B",
}
# Letters that stand alone are numbers without leading zeros.
_ALONE: Final = {"M": "%m", "d": "%d", "D": "%j", "H": "%H", "h": "%I", "m": "%M", "s": "%S"}
_NAMESPACES: Final = ("timestamp", "firehose", "partitionKeyFromQuery", "partitionKeyFromLambda")
HOURLY: Final = "!{timestamp:yyyy/MM/dd/HH/}"
EXTENSIONS: Final = {"GZIP": ".gz", "ZIP": ".zip"}


def check(prefix: str, error_prefix: str, *, is_partitioned: bool) -> None:
    """Refuse prefixes whose expressions cannot be evaluated."""
    for member, text in (("Prefix", prefix), ("ErrorOutputPrefix", error_prefix)):
        for namespace, value in _EXPRESSION.findall(text):
            fact = Fact("request", member, text)
            if namespace not in _NAMESPACES:
                raise refusals.invalid(f"{member} contains an invalid expression namespace: {namespace}", fact)
            if namespace == "timestamp":
                _formatted(value, datetime(2000, 1, 1))
            if namespace == "firehose" and value not in ("random-string", "error-output-type"):
                raise refusals.invalid(f"{member} contains an invalid expression: !{{{namespace}:{value}}}", fact)
            if value == "error-output-type" and member == "Prefix":
                raise refusals.invalid("Prefix cannot contain !{firehose:error-output-type}", fact)
            if namespace.startswith("partition") and (member == "ErrorOutputPrefix" or not is_partitioned):
                raise refusals.invalid(
                    f"{member} cannot contain {namespace} unless dynamic partitioning is enabled"
                    if member == "Prefix"
                    else f"{member} cannot contain {namespace}",
                    fact,
                )
    if _EXPRESSION.search(prefix) and not error_prefix:
        raise refusals.invalid(
            "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions",
            Fact("request", "Prefix", prefix),
        )
    if _EXPRESSION.search(error_prefix) and "!{firehose:error-output-type}" not in error_prefix:
        raise refusals.invalid(
            "ErrorOutputPrefix has to contain at least one instance of !{firehose:error-output-type}",
            Fact("request", "ErrorOutputPrefix", error_prefix),
        )


def pattern_of(prefix: str, error_prefix: str, error: str) -> str:
    """The whole expression that names the objects of good records, or of those that failed in some way."""
    if not error:
        return prefix if "!{timestamp:" in prefix else prefix + HOURLY
    if not error_prefix:
        return f"{prefix}!{{firehose:error-output-type}}/{HOURLY}"
    if not _EXPRESSION.search(error_prefix):
        return f"{error_prefix}!{{firehose:error-output-type}}/{HOURLY}"
    return error_prefix


def evaluated(call: Call, pattern: str, at_ms: int, zone: str, error: str, keys: Mapping[str, str]) -> str:
    """A prefix with its expressions evaluated, for an object whose oldest record came at a time."""
    when = _when(at_ms, zone)

    def value(match: re.Match[str]) -> str:
        namespace, name = match[1], match[2]
        if namespace == "timestamp":
            return _formatted(name, when)
        if namespace == "firehose":
            return error if name == "error-output-type" else call.world.ids.drawn(ALPHANUMERIC, 11)
        return keys.get(name, "")

    return _EXPRESSION.sub(value, pattern)


def partition_names(prefix: str) -> list[str]:
    """The partition keys that a prefix names."""
    return [name for namespace, name in _EXPRESSION.findall(prefix) if namespace.startswith("partitionKey")]


def suffix(call: Call, name: str, version: int, at_ms: int, zone: str, extension: str) -> str:
    """The end of an object's name."""
    when = _when(at_ms, zone).strftime("%Y-%m-%d-%H-%M-%S")
    return f"{name}-{version}-{when}-{call.world.ids.uuid()}{extension}"


def _when(at_ms: int, zone: str) -> datetime:
    when = datetime.fromtimestamp(at_ms // 1000, ZoneInfo(zone or "UTC"))
    return when.replace(microsecond=at_ms % 1000 * 1000)


def _formatted(pattern: str, when: datetime) -> str:
    """A time as Java's DateTimeFormatter writes it."""
    parts: list[str] = []
    for match in _TOKEN.finditer(pattern):
        text = match[0]
        if match[1] is not None:
            parts.append(match[1] or "'")
        elif match[2] is None:
            parts.append(text)
        elif text == "S" * len(text) and len(text) <= 6:
            parts.append(f"{when.microsecond:06}"[: len(text)])
        elif text in ("y", "u"):
            parts.append(str(when.year))
        elif text in _ALONE:
            parts.append(str(int(when.strftime(_ALONE[text]))))
        elif text in _FORMATS:
            parts.append(when.strftime(_FORMATS[text]))
        else:
            raise not_implemented("firehose", f"timestamp pattern letters {text}")
    return "".join(parts)
