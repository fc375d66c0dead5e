"""How sensitive data is told: by a form, often a checksum, often a keyword close by.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-managed-data-identifiers.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from foulweather.kernel import linear_patterns

# "The keyword typically has to be within 30 characters (inclusively) of the data."
PROXIMITY: Final = 30


class Identifier(NamedTuple):
    """One kind of sensitive data: its form, keywords of which one must be close by, and a further check."""

    name: str
    form: re.Pattern[str] | linear_patterns.Expression
    keywords: re.Pattern[str] | None = None
    check: Callable[[str], bool] | None = None

    def spans(self, message: str) -> list[tuple[int, int]]:
        """Where a message holds it."""
        if self.keywords is not None and self.keywords.search(message) is None:
            return []
        found: list[tuple[int, int]] = []
        for match in self.form.finditer(message):
            start, end = match.span(match.lastindex or 0)
            if self.check is not None and not self.check(message[start:end]):
                continue
            if self.keywords is not None:
                around = message[max(0, start - PROXIMITY) : start], message[end : end + PROXIMITY]
                if not any(self.keywords.search(text) for text in around):
                    continue
            found.append((start, end))
        return found


def keywords(*words: str) -> re.Pattern[str]:
    """Any of some words; a space in one may be missing, or be an underscore or a hyphen."""
    each = [re.escape(word).replace("\\ ", "[ _-]?") for word in words]
    return re.compile("(?<![A-Za-z])(?:" + "|".join(each) + ")(?![A-Za-z])", re.IGNORECASE)


def luhn(text: str) -> bool:
    """Whether the last digit checks the others, as on cards."""
    digits = [int(each) for each in text if each.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
