"""A place in a query's words, and the refusal of what does not belong there."""

from __future__ import annotations

from typing import NoReturn

from foulweather.services.logs.insights.errors import MalformedQuery, unexpected
from foulweather.services.logs.insights.lexer import Token, tokens
from foulweather.services.logs.insights.syntax import Alias

DEPTH_MAX = 60


class Cursor:
    """Reads a query's words from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = tokens(text)
        self.index = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        """The word that is next."""
        return self.tokens[self.index]

    @property
    def following(self) -> Token:
        """The word after the next."""
        return self.tokens[min(self.index + 1, len(self.tokens) - 1)]

    def advance(self) -> Token:
        """Takes the next word."""
        token = self.token
        if token.kind != "end":
            self.index += 1
        return token

    def refuse(self, token: Token | None = None) -> NoReturn:
        """Refuses a word, by default the next one."""
        token = token or self.token
        raise unexpected(self.text, token.text, token.start, token.end)

    def at_op(self, *ops: str) -> bool:
        """Whether the next word is one of these operators."""
        return self.token.kind == "op" and self.token.text in ops

    def at_word(self, *words: str) -> bool:
        """Whether the next word is one of these keywords, in whatever case."""
        return self.token.kind == "name" and self.token.text.lower() in words

    def take_op(self, op: str) -> bool:
        """Takes an operator if it is next."""
        if self.at_op(op):
            self.index += 1
            return True
        return False

    def take_word(self, word: str) -> bool:
        """Takes a keyword if it is next."""
        if self.at_word(word):
            self.index += 1
            return True
        return False

    def expect_op(self, op: str) -> Token:
        """Takes an operator that has to be next."""
        if not self.at_op(op):
            self.refuse()
        return self.advance()

    def expect_word(self, word: str) -> Token:
        """Takes a keyword that has to be next."""
        if not self.at_word(word):
            self.refuse()
        return self.advance()

    def expect_string(self) -> str:
        """Takes a string that has to be next."""
        if self.token.kind != "string":
            self.refuse()
        return self.advance().value

    def expect_name(self) -> Token:
        """Takes a name, plain or in backticks."""
        if self.token.kind not in ("name", "quoted"):
            self.refuse()
        return self.advance()

    def expect_alias(self) -> Alias:
        """Takes the name that a command gives to what it makes."""
        token = self.expect_name()
        return Alias(token.value, token.start, token.end)

    def deeper(self) -> None:
        """Counts one level of nesting, and refuses what nests without end."""
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise MalformedQuery("the query nests too deeply", self.token.start, self.token.end)

    def written(self, start: int) -> str:
        """The text from a place up to the last word taken, its white space made even."""
        return " ".join(self.text[start : self.tokens[self.index - 1].end].split())
