"""The refusal of the language: AWS's words, and nothing of HTTP."""

from __future__ import annotations


class LanguageError(ValueError):
    """What DynamoDB answers as ValidationException, in its own words."""

    @property
    def message(self) -> str:
        """AWS's words."""
        return str(self.args[0])


class ReservedWord(LanguageError):
    """An attribute's name that expressions cannot say outright."""

    def __init__(self, words: str, parameter: str, word: str) -> None:
        super().__init__(words)
        self.parameter = parameter
        self.word = word


def invalid_parameter(words: str) -> LanguageError:
    """The refusal that most values get."""
    return LanguageError(f"One or more parameter values were invalid: {words}")
