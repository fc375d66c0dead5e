"""What is wrong with a filter pattern."""

from __future__ import annotations


class InvalidPattern(Exception):
    """A filter pattern that CloudWatch Logs does not take; `message` is its refusal."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
