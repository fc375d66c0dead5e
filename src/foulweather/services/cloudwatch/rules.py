"""The rule of a composite alarm: ALARM(a) AND NOT (OK("b") OR INSUFFICIENT_DATA(c)), AT_LEAST(2, ALARM, (a, b, c)).

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
_TOKEN = re.compile(r'\s*(?:(?P<sign>[()])|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<word>[^\s()"]+))')
_THRESHOLD = re.compile(r"(\d+)(%?)")
StateOf = Callable[[str], str]
"""The state of an alarm by its name or ARN."""


class RuleFault(Exception):
    """A text that is no rule."""


class Rule(NamedTuple):
    """A rule: what decides, the alarms that it names, and how many parts it has."""

    decides: Callable[[StateOf], bool]
    alarms: tuple[str, ...]


@lru_cache(maxsize=256)
def parsed(text: str) -> Rule:
    """The rule of a text."""
    tokens: list[str] = []
    position, text = 0, text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise RuleFault(f"unexpected character at position {position}")
        tokens.append(found[0].strip())
        position = found.end()
    return _Reader(tokens).whole()


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._alarms: list[str] = []

    def whole(self) -> Rule:
        decides = self._any()
        if self._at < len(self._tokens):
            raise RuleFault(f"unexpected {self._tokens[self._at]}")
        return Rule(decides, tuple(dict.fromkeys(self._alarms)))

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, wanted: str = "") -> str:
        token = self._peek()
        if not token or (wanted and token != wanted):
            raise RuleFault(f"unexpected {token or 'end of rule'}")
        self._at += 1
        return token

    def _any(self) -> Callable[[StateOf], bool]:
        parts = [self._all()]
        while self._peek().upper() == "OR":
            self._take()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda state: any(part(state) for part in parts)

    def _all(self) -> Callable[[StateOf], bool]:
        parts = [self._one()]
        while self._peek().upper() == "AND":
            self._take()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda state: all(part(state) for part in parts)

    def _one(self) -> Callable[[StateOf], bool]:
        token = self._take()
        word = token.upper()
        if word == "NOT":
            inner = self._one()
            return lambda state: not inner(state)
        if word == "(":
            inner = self._any()
            self._take(")")
            return inner
        if word in ("TRUE", "FALSE"):
            return lambda _: word == "TRUE"
        if word == "AT_LEAST":
            return self._at_least()
        if word not in STATES:
            raise RuleFault(f"unexpected {token}")
        self._take("(")
        name = self._take()
        self._take(")")
        if name in "()":
            raise RuleFault(f"{word} without an alarm")
        alarm = _unquoted(name)
        self._alarms.append(alarm)
        return lambda state: state(alarm) == word

    def _at_least(self) -> Callable[[StateOf], bool]:
        """AT_LEAST(2, ALARM, (a, b, c)), AT_LEAST(60%, NOT OK, (a, b)): so many, or such a part, are in a state."""
        head: list[str] = []
        self._take("(")
        while (token := self._take()) != "(":
            head.append(token)
        parts = [part.strip() for part in " ".join(head).split(",")]
        alarms: list[str] = []
        while (token := self._take()) != ")":
            if token == "(":
                raise RuleFault("unexpected (")
            found = [_unquoted(token)] if token.startswith('"') else [part for part in token.split(",") if part]
            alarms += found
        self._take(")")
        if len(parts) != 3 or parts[2] or not alarms:
            raise RuleFault("AT_LEAST takes a threshold, a state, and alarms in parentheses")
        threshold, words = _THRESHOLD.fullmatch(parts[0]), parts[1].upper().split()
        if threshold is None:
            raise RuleFault(f"{parts[0]} is neither a number nor a percentage")
        is_not = words[:1] == ["NOT"]
        if len(words) != 1 + is_not or words[-1] not in STATES:
            raise RuleFault(f"{parts[1]} is no state")
        number, is_part = int(threshold[1]), bool(threshold[2])
        if not 1 <= number <= (100 if is_part else len(alarms)):
            raise RuleFault(f"{parts[0]} of {len(alarms)} alarms cannot be")
        self._alarms += alarms

        def decides(state: StateOf) -> bool:
            count = sum((state(alarm) == words[-1]) is not is_not for alarm in alarms)
            return count * 100 >= number * len(alarms) if is_part else count >= number

        return decides


def _unquoted(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name[1:-1]) if name.startswith('"') else name
