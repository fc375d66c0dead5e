"""The regular expressions of filter patterns: `%…%`, a smaller language than most.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#regex-expressions
"""

from __future__ import annotations

import re
from typing import Final

from foulweather.kernel.linear_patterns import Expression, InvalidExpression, compiled
from foulweather.services.logs.filter_patterns.errors import InvalidPattern

# "Filter patterns with regex can only include": letters, digits, these symbols, these operators.
_TAKEN: Final = re.compile(r"(?:[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|*+.]|\\[^A-Za-z0-9]|\\[dDsSwW]|\\x[0-9A-Fa-f]{2})*")
REGEXES_MAX: Final = 2


def regex(text: str) -> Expression:
    """What stands between two percent signs, ready to search with."""
    if not text or not text.isascii() or not _TAKEN.fullmatch(text):
        raise InvalidPattern(f"Invalid filter pattern: unsupported character(s) in regular expression '%{text}%'")
    try:
        return compiled(text)
    except InvalidExpression as error:
        raise InvalidPattern(f"Invalid filter pattern: invalid regular expression '%{text}%'") from error


def check_count(count: int) -> None:
    """Refuse more regular expressions than a delimited or a JSON pattern may have."""
    if count > REGEXES_MAX:
        raise InvalidPattern(
            f"Invalid filter pattern: a filter pattern can contain at most {REGEXES_MAX} regular expressions"
        )
