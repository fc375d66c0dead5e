"""`%{IP:client.ip} %{WORD:method}`: what a grok pattern takes out of a text.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Configurable.html
What is between patterns stands for itself; the whole text must match, as the page's examples show.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

from foulweather.kernel import linear_patterns
from foulweather.services.logs.transforming.errors import InvalidTransformer
from foulweather.services.logs.transforming.grok_patterns import (
    COMMON,
    EACH_MAX,
    OPENING,
    PATTERNS,
    TOGETHER,
    TOGETHER_MAX,
    TOTAL_MAX,
    TYPED,
)

_USE: Final = re.compile(r"%\{([^{}]*)\}")
_USED: Final = re.compile(r"(\w+)(?::([^:]+))?")
_ESCAPED: Final = re.compile(r"\\([^\w\s])")
_AFTER_COMMON: Final = frozenset({"DATA", "GREEDYDATA", "GREEDYDATA_MULTILINE"})
_ACCESS_TIME: Final = "%d/%b/%Y:%H:%M:%S %z"


class Grok:
    """A compiled grok pattern."""

    def __init__(self, text: str) -> None:
        uses = [_use(found[1]) for found in _USE.finditer(text)]
        _check_counts([name for name, _ in uses])
        self._fields: list[str] = []
        self._common = uses[0][0] if uses[0][0] in COMMON else ""
        parts: list[str] = []
        at = 0
        for found, (name, field) in zip(_USE.finditer(text), uses, strict=True):
            parts += _literal(text[at : found.start()]), self._part(name, field, followed=len(uses) > 1)
            at = found.end()
        whole = rf"\A{''.join(parts)}{_literal(text[at:])}$"
        try:
            self._expression = linear_patterns.compiled(whole)
        except linear_patterns.InvalidExpression as error:  # too large, for the patterns are known
            raise InvalidTransformer(f"Invalid grok match: {error}") from None

    def _part(self, name: str, field: str, *, followed: bool) -> str:
        """A pattern as a regular expression; a field for each group that it opens."""
        if name in COMMON:
            # What follows takes the rest of a syslog line, which else is its message.
            pattern = COMMON[name].removesuffix(" ?<message>(?s:.*))") if followed else COMMON[name]
            return f"(?:{self._opened(pattern, '')})"
        pattern = PATTERNS[name]
        if "<>" in pattern:
            return f"(?:{self._opened(pattern, field)})"
        if not field:
            return f"(?:{self._opened(pattern, '')})"
        self._fields.append(field)
        return f"({self._opened(pattern, '')})"

    def _opened(self, pattern: str, field: str) -> str:
        def opened(found: re.Match[str]) -> str:
            if not found[1] and not field:
                return "(?:"
            self._fields.append(found[1] or field)
            return "("

        return OPENING.sub(opened, pattern)

    def fields(self, text: str) -> dict[str, Any] | None:
        """The fields of a text by their paths; None if it does not match."""
        found = self._expression.search(text)
        if found is None:
            return None
        values: dict[str, Any] = {}
        for field, value in zip(self._fields, found.groups(), strict=True):
            if value is not None and field not in values:
                values[field] = value
        return _typed(self._common, values) if self._common else values


def _use(written: str) -> tuple[str, str]:
    """The pattern and the field of one `%{PATTERN:field}`."""
    found = _USED.fullmatch(written)
    if found is None:
        raise InvalidTransformer(f"Invalid grok pattern '%{{{written}}}': type conversion is not supported.")
    if found[1] not in PATTERNS and found[1] not in COMMON:
        raise InvalidTransformer(f"No definition for key '{found[1]}' found")
    return found[1], found[2] or ""


def _check_counts(names: list[str]) -> None:
    if not names:
        raise InvalidTransformer("The grok match must contain at least one grok pattern.")
    if len(names) > TOTAL_MAX:
        raise InvalidTransformer(f"The grok match can contain at most {TOTAL_MAX} grok patterns.")
    if any(name in COMMON for name in names):
        rest = names[1:]
        if names[0] not in COMMON or len(rest) > 1 or not _AFTER_COMMON.issuperset(rest):
            raise InvalidTransformer(
                "A common log pattern must be the first pattern, and can be followed by exactly one DATA, GREEDYDATA "
                "or GREEDYDATA_MULTILINE pattern."
            )
        return
    for name, count in Counter(names).items():
        if count > EACH_MAX.get(name, TOTAL_MAX):
            raise InvalidTransformer(f"The grok pattern {name} can be used at most {EACH_MAX[name]} times.")
    if sum(1 for name in names if name in TOGETHER) > TOGETHER_MAX:
        raise InvalidTransformer(
            f"The grok patterns {', '.join(sorted(TOGETHER))} can be used at most {TOGETHER_MAX} times together."
        )


def _literal(text: str) -> str:
    """Text between patterns; a backslash before a sign is that of somebody who takes it for a regular expression."""
    return re.escape(_ESCAPED.sub(r"\1", text))


def _typed(common: str, values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a common log: numbers as numbers, a request's time in ISO 8601, nothing for "-"."""
    shown = {
        field: int(value) if field in TYPED and value.isdigit() else value
        for field, value in values.items()
        if value not in ("-", "")
    }
    if common != "SYSLOG5424" and "timestamp" in shown:
        try:
            at = datetime.strptime(values["timestamp"], _ACCESS_TIME).astimezone(UTC)
        except ValueError:
            return shown
        shown["timestamp"] = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    return shown
