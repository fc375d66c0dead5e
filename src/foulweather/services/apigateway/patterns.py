"""Regular expressions that an API's owner writes and anybody's requests are held against: their work is bounded.

API Gateway's are Java's (selection patterns, identity expressions) and ECMA's (models); what RE2 does not take of
them, look-around and back-references, is answered with 501 when it is set.
"""

from __future__ import annotations

import re
from functools import lru_cache

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.linear_patterns import Expression, InvalidExpression


def check(operation: str, pattern: str) -> None:
    """Refuse with 501 what is not built; ValueError where it is no regular expression at all."""
    try:
        Expression(pattern)
    except InvalidExpression as wrong:
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError):
            raise ValueError(str(wrong)) from None
        raise not_implemented("apigateway", f"{operation} with look-around or back-references in {pattern!r}") from None


@lru_cache(maxsize=1024)
def searching(pattern: str) -> Expression | None:
    """A pattern to search with; None where it is none, which finds nothing."""
    try:
        return Expression(pattern)
    except InvalidExpression:
        return None


@lru_cache(maxsize=1024)
def matching(pattern: str) -> Expression | None:
    """A pattern that must fit a whole text, dots fitting line breaks too; None where it is none, which fits nothing."""
    try:
        return Expression(rf"(?s:\A(?:{pattern})\Z)")
    except InvalidExpression:
        return None


def finds(pattern: str, text: str) -> bool:
    """Whether a pattern is somewhere in a text."""
    found = searching(pattern)
    return found is not None and found.search(text) is not None


def fits(pattern: str, text: str) -> bool:
    """Whether a pattern fits a whole text."""
    found = matching(pattern)
    return found is not None and found.search(text) is not None
