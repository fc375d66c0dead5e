"""What is wrong with a query, and what of the language is not built."""

from __future__ import annotations


class MalformedQuery(Exception):
    """AWS's MalformedQueryException: its words, and the offsets of `QueryCompileErrorLocation`."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


class NotBuilt(Exception):
    """A part of the language that AWS has and this package does not; the caller answers 501 with its name."""

    def __init__(self, feature: str) -> None:
        super().__init__(f"Logs Insights: {feature} is not implemented")
        self.feature = feature


def unexpected(text: str, symbol: str, start: int, end: int) -> MalformedQuery:
    """The refusal of a symbol where the grammar has no place for it, in AWS's words."""
    line = text.count("\n", 0, start) + 1
    position = start - (text.rfind("\n", 0, start) + 1)
    return MalformedQuery(f"unexpected symbol found {symbol} at line {line} and position {position}", start, end)
