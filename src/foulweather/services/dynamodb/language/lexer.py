"""An expression's tokens.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from foulweather.services.dynamodb.language.refusals import LanguageError

EXPRESSION_BYTES_MAX: Final = 4096
END: Final = "<EOF>"
KEYWORDS: Final = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN"})
SECTIONS: Final = frozenset({"SET", "REMOVE", "ADD", "DELETE"})

_TOKEN = re.compile(
    r"[ \t\r\n\f]+|(?P<name>[A-Za-z][A-Za-z0-9_]*)|(?P<alias>#[A-Za-z0-9_]+)|(?P<value>:[A-Za-z0-9_]+)"
    r"|(?P<index>[0-9]+)|(?P<mark><>|<=|>=|[=<>()\[\],.+-])|(?P<stray>.)",
    re.DOTALL,
)


class Token(NamedTuple):
    """A piece of an expression; a mark's and a keyword's kind is itself."""

    kind: str
    text: str
    start: int
    end: int


class Tokens:
    """The tokens of one expression, read from the left; what is wrong is said in AWS's words."""

    def __init__(self, text: str, parameter: str, keywords: frozenset[str]) -> None:
        self.text = text
        self.parameter = parameter
        size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        if size > EXPRESSION_BYTES_MAX:
            raise self.invalid(f"Expression size has exceeded the maximum allowed size; expression size: {size}")
        self.tokens = _tokens(text, keywords)
        if len(self.tokens) == 1:
            raise self.invalid("The expression can not be empty;")
        self.position = 0

    @property
    def kind(self) -> str:
        """The kind of the next token."""
        return self.tokens[self.position].kind

    def take(self) -> str:
        """The next token's text, read."""
        token = self.tokens[self.position]
        self.position += 1
        return token.text

    def expect(self, kind: str) -> str:
        """The next token's text, which must be of this kind."""
        if self.tokens[self.position].kind != kind:
            raise self.unexpected()
        return self.take()

    def takes(self, kind: str) -> bool:
        """Read the next token if it is of this kind."""
        if self.tokens[self.position].kind != kind:
            return False
        self.position += 1
        return True

    def unexpected(self) -> LanguageError:
        """The refusal of the next token, shown between its neighbours."""
        token = self.tokens[self.position]
        first = self.tokens[max(self.position - 1, 0)]
        last = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        near = self.text[first.start : last.end] if self.position else self.text[token.start : last.end]
        return self.invalid(f'Syntax error; token: "{token.text}", near: "{near.strip()}"')

    def invalid(self, words: str) -> LanguageError:
        """A refusal of this expression."""
        return LanguageError(f"Invalid {self.parameter}: {words}")


def _tokens(text: str, keywords: frozenset[str]) -> list[Token]:
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind is None:
            continue
        word = match.group()
        if kind == "mark":
            kind = word
        elif kind == "name" and word.upper() in keywords:
            kind = word.upper()
        found.append(Token(kind, word, match.start(), match.end()))
    found.append(Token(END, END, len(text), len(text)))
    return found
