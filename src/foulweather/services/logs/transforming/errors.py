"""What is wrong with a transformer, and with an event that one cannot transform."""

from __future__ import annotations


class InvalidTransformer(Exception):
    """A transformer that CloudWatch Logs does not take; `message` is its refusal."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Untransformed(Exception):
    """An event that a parser cannot read: it stays as it came."""
