"""What an import finds wrong, and what it only warns of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from foulweather.kernel.errors import AwsError
from foulweather.services.apigateway import refusals

T = TypeVar("T")


class Findings:
    """The errors and warnings of one import."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.warnings: list[str] = []

    def attempt(self, what: str, step: Callable[[], T]) -> T | None:
        """The result of a step, or None and its refusal among the errors (`Unable to put method …: …`)."""
        try:
            return step()
        except AwsError as error:
            if error.status >= 500:
                raise
            self.errors.append(f"{what}: {error.message}")
            return None

    def settle(self, *, fail_on_warnings: bool) -> None:
        """Refuse the import if there was an error, or a warning and nobody wants those."""
        if self.errors:
            words = "Errors found during import:" + "".join([f"\n\t{error}" for error in self.errors])
            raise refusals.invalid(words, errors=len(self.errors))
        if self.warnings and fail_on_warnings:
            words = "Warnings found during import:" + "".join([f"\n\t{warning}" for warning in self.warnings])
            raise refusals.invalid(words, warnings=len(self.warnings))
