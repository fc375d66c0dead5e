"""A PartiQL statement's tokens.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from foulweather.services.dynamodb.language.accept import accepted_value
from foulweather.services.dynamodb.language.refusals import LanguageError
from foulweather.services.dynamodb.language.reserved_words import RESERVED
from foulweather.services.dynamodb.language.syntax import Path, Value
from foulweather.services.dynamodb.language.values import AttributeValue

STATEMENT_CHARACTERS_MAX: Final = 8192
NESTED_MAX: Final = 64
INDEX_DIGITS_MAX: Final = 9
END: Final = "<EOF>"
# What cannot be a name without double quotes.
KEYWORDS: Final = frozenset({
    "ALL", "AND", "ASC", "BETWEEN", "BY", "DELETE", "DESC", "EXISTS", "FALSE", "FROM", "IN", "INSERT", "INTO", "IS",
    "MISSING", "NOT", "NULL", "OR", "ORDER", "REMOVE", "RETURNING", "SELECT", "SET", "TRUE", "UPDATE", "VALUE", "WHERE",
})  # fmt: skip
_TOKEN = re.compile(
    r"(?:\s|--[^\n]*)+|(?P<string>'(?:[^']|'')*')|(?P<quoted>\"(?:[^\"]|\"\")+\")"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<word>[A-Za-z_$][A-Za-z0-9_$]*)"
    r"|(?P<mark><<|>>|<>|!=|<=|>=|[?=<>()\[\]{},.:;*+-])|(?P<stray>.)"
)


class Token(NamedTuple):
    """A piece of a statement: its kind, what it says, what it says in capitals."""

    kind: str
    text: str
    upper: str


class Statement:
    """A statement being read: its tokens, its parameters, the literals found in it."""

    def __init__(self, text: str, parameters: list[AttributeValue]) -> None:
        if len(text) > STATEMENT_CHARACTERS_MAX:
            raise LanguageError(
                "1 validation error detected: Value at 'statement' failed to satisfy constraint: Member must have "
                f"length less than or equal to {STATEMENT_CHARACTERS_MAX}"
            )
        self.tokens = _tokens(text)
        self.position = 0
        self.parameters = parameters
        self.taken = 0
        self.values: dict[str, AttributeValue] = {}
        self.names: dict[str, str] = {}

    # --- tokens

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.position]

    def take(self) -> Token:
        """The next token, read."""
        token = self.tokens[self.position]
        if token.kind != END:
            self.position += 1
        return token

    def takes(self, *words: str) -> bool:
        """Read the next tokens if they are these words or marks."""
        upcoming = self.tokens[self.position : self.position + len(words)]
        if len(upcoming) < len(words):
            return False
        if any(token.upper != word for token, word in zip(upcoming, words, strict=True)):
            return False
        self.position += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Read these words or marks, which must come next."""
        if not self.takes(*words):
            raise self.unexpected()

    def unexpected(self) -> LanguageError:
        """The refusal of the next token."""
        token = self.token
        if token.kind == "word" and (token.upper in RESERVED or token.upper in KEYWORDS):
            return malformed("Unexpected keyword")
        return malformed("Unexpected end of statement" if token.kind == END else f"Unexpected term: {token.text}")

    # --- names and values

    def identifier(self) -> str:
        """A name, bare or in double quotes."""
        token = self.token
        if token.kind not in ("word", "quoted") or token.upper in KEYWORDS:
            raise self.unexpected()
        self.take()
        return token.text

    def path(self) -> Path:
        """A document path, its names as placeholders so that none is reserved."""
        parts: list[str | int] = [self._alias(self.identifier())]
        while True:
            if self.takes("."):
                parts.append(self._alias(self.identifier()))
            elif self.takes("["):
                index = self.take()
                if index.kind == "number" and index.text.isdigit() and len(index.text) <= INDEX_DIGITS_MAX:
                    parts.append(int(index.text))
                elif index.kind == "string":
                    parts.append(self._alias(index.text))
                else:
                    self.position -= 1
                    raise self.unexpected()
                self.expect("]")
            else:
                return Path(tuple(parts))

    def is_literal(self) -> bool:
        """Whether a value comes next, not a path."""
        token = self.token
        return (
            token.kind in ("string", "number")
            or token.text in ("?", "[", "{", "<<", "-", "+")
            or (token.kind == "word" and token.upper in ("TRUE", "FALSE", "NULL"))
        )

    def value(self) -> Value:
        """A literal or a parameter, kept under a placeholder."""
        name = f":{len(self.values)}"
        self.values[name] = accepted_value(self.literal())[0]
        return Value(name)

    def literal(self, depth: int = 0) -> AttributeValue:
        """A literal or a parameter."""
        if depth > NESTED_MAX:
            raise malformed("the statement is nested too deeply")
        token = self.take()
        if token.kind == "string":
            return {"S": token.text}
        if token.kind == "number":
            return {"N": token.text}
        if token.text in ("-", "+") and self.token.kind == "number":
            return {"N": token.text + self.take().text}
        if token.text == "?":
            return self._parameter()
        if token.kind == "word" and token.upper in ("TRUE", "FALSE"):
            return {"BOOL": token.upper == "TRUE"}
        if token.kind == "word" and token.upper == "NULL":
            return {"NULL": True}
        if token.text == "[":
            return {"L": self._elements("]", depth)}
        if token.text == "<<":
            return _set(self._elements(">>", depth))
        if token.text == "{":
            return {"M": self._members(depth)}
        if token.kind != END:
            self.position -= 1
        raise self.unexpected()

    def finish(self) -> None:
        """Refuse what follows the statement, and parameters that it does not take."""
        self.takes(";")
        if self.token.kind != END:
            raise self.unexpected()
        if self.taken != len(self.parameters):
            raise LanguageError("Number of parameters in request and statement don't match.")

    def _alias(self, name: str) -> str:
        alias = f"#{len(self.names)}"
        self.names[alias] = name
        return alias

    def _parameter(self) -> AttributeValue:
        self.taken += 1
        if self.taken > len(self.parameters):
            raise LanguageError("Number of parameters in request and statement don't match.")
        return self.parameters[self.taken - 1]

    def _elements(self, end: str, depth: int) -> list[AttributeValue]:
        elements: list[AttributeValue] = []
        if self.takes(end):
            return elements
        elements.append(self.literal(depth + 1))
        while self.takes(","):
            elements.append(self.literal(depth + 1))
        self.expect(end)
        return elements

    def _members(self, depth: int) -> dict[str, AttributeValue]:
        members: dict[str, AttributeValue] = {}
        if self.takes("}"):
            return members
        while True:
            name = self.take()
            if name.kind not in ("string", "quoted"):
                raise malformed(f"Unexpected term: {name.text}")
            if name.text in members:
                raise malformed(f"the attribute {name.text} is there twice")
            self.expect(":")
            members[name.text] = self.literal(depth + 1)
            if not self.takes(","):
                break
        self.expect("}")
        return members


def malformed(what: str) -> LanguageError:
    """The refusal of a statement that cannot be read."""
    return LanguageError(f"Statement wasn't well formed, can't be processed: {what}")


def _set(elements: list[AttributeValue]) -> AttributeValue:
    kinds = {next(iter(element), "") for element in elements}
    if len(kinds) != 1 or not kinds <= {"S", "N", "B"}:
        raise malformed("a set has elements of one type: strings, numbers or binaries")
    (kind,) = kinds
    contents: list[Any] = [element[kind] for element in elements]
    return {f"{kind}S": contents}


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind is None:
            continue
        word = match.group()
        if kind == "string":
            found.append(Token(kind, word[1:-1].replace("''", "'"), ""))
        elif kind == "quoted":
            found.append(Token(kind, word[1:-1].replace('""', '"'), ""))
        else:
            found.append(Token(kind, word, word.upper()))
    found.append(Token(END, END, END))
    return found
