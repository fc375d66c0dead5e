"""Which events a filter is for, by the account and region that they are of: `@aws.region = "us-east-1"`.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html (fieldSelectionCriteria)
Nothing is centralized here, so every event is of its group's account and region.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from foulweather.kernel.why import Fact
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import LogGroup

SYSTEM_FIELDS: Final = ("@aws.account", "@aws.region")
DEPTH_MAX: Final = 20
_TOKEN: Final = re.compile(r"""\s*(?:("[^"]*"|'[^']*')|(!=|=|[()\[\],])|([@\w.]+))""")


def selects(criteria: str, group: LogGroup) -> bool:
    """Whether a filter is for a group's events."""
    return not criteria or _held(criteria, group.account, group.region)


def checked(criteria: str) -> str:
    """Criteria that can be read; a refusal of others."""
    if criteria:
        _held(criteria, "", "")
    return criteria


def checked_fields(fields: Sequence[str]) -> list[str]:
    """System fields that there are."""
    for field in fields:
        if field not in SYSTEM_FIELDS:
            raise invalid(f"Invalid system field {field}.", Fact("request", "emitSystemFieldDimensions", field))
    return list(fields)


@lru_cache(maxsize=256)
def _held(criteria: str, account: str, region: str) -> bool:
    tokens: list[str] = []
    at = 0
    while criteria[at:].strip():
        found = _TOKEN.match(criteria, at)
        if found is None:
            raise _wrong(criteria)
        tokens.append(found[0].strip())
        at = found.end()
    parser = _Parser(criteria, tokens, dict(zip(SYSTEM_FIELDS, (account, region), strict=True)))
    return parser.whole()


def _wrong(criteria: str) -> Exception:
    return invalid("Invalid fieldSelectionCriteria.", Fact("request", "fieldSelectionCriteria", criteria))


class _Parser:
    """Reads criteria and says whether they hold: OR binds less than AND."""

    def __init__(self, criteria: str, tokens: list[str], values: dict[str, str]) -> None:
        self._criteria = criteria
        self._tokens = [*tokens, ""]
        self._at = 0
        self._depth = 0
        self._values = values

    def whole(self) -> bool:
        """Whether the criteria hold."""
        holds = self._any()
        if self._tokens[self._at]:
            raise _wrong(self._criteria)
        return holds

    def _any(self) -> bool:
        holds = self._all()
        while self._takes("OR"):
            holds = self._all() or holds
        return holds

    def _all(self) -> bool:
        holds = self._one()
        while self._takes("AND"):
            holds = self._one() and holds
        return holds

    def _one(self) -> bool:
        if self._takes("("):
            self._depth += 1
            if self._depth > DEPTH_MAX:
                raise _wrong(self._criteria)
            holds = self._any()
            self._depth -= 1
            self._need(")")
            return holds
        value = self._values.get(self._next())
        if value is None:
            raise _wrong(self._criteria)
        if self._takes("="):
            return self._text() == value
        if self._takes("!="):
            return self._text() != value
        negated = self._takes("NOT")
        self._need("IN")
        self._need("[")
        texts = [self._text()]
        while self._takes(","):
            texts.append(self._text())
        self._need("]")
        return (value in texts) != negated

    def _text(self) -> str:
        token = self._next()
        if token[:1] not in ('"', "'"):
            raise _wrong(self._criteria)
        return token[1:-1]

    def _next(self) -> str:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _takes(self, word: str) -> bool:
        if self._tokens[self._at].upper() == word:
            self._at += 1
            return True
        return False

    def _need(self, word: str) -> None:
        if not self._takes(word):
            raise _wrong(self._criteria)
