"""Filter expressions: their grammar, and what they are true of.

https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from foulweather.kernel.errors import AwsError
from foulweather.services.xray import limits
from foulweather.services.xray.fields import BOOLEANS, NUMBERS, STRINGS, Subject, of_edge, of_service, of_trace
from foulweather.services.xray.reading import Trace

Holds = Callable[[Subject], bool]
Groups = Callable[[str, str], Callable[[Trace], bool] | None]
"""The expression of a group by `name` or `arn`; None where there is no such group."""
_TOKENS = re.compile(
    r"\s*(?:(?P<string>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_][\w.]*)|(?P<sign><=|>=|!=|[=<>!(){}\[\],:&|]))"
)
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_TEXTUAL: dict[str, Callable[[str, str], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "CONTAINS": lambda a, b: b in a,
    "BEGINSWITH": lambda a, b: a.startswith(b),
    "ENDSWITH": lambda a, b: a.endswith(b),
}


class Token(NamedTuple):
    """A word, number, string or sign of an expression."""

    kind: str
    text: str


class Named(NamedTuple):
    """Which services are meant: by name, or by `id(name: …, type: …, account.id: …)`; empty means any."""

    name: str = ""
    type: str = ""
    account: str = ""

    def fits(self, node: Any) -> bool:
        """Whether a service is one of them."""
        return all(
            not wanted or wanted == held
            for wanted, held in zip(self, (node.name, node.type, node.account), strict=True)
        )


def compiled(expression: str, groups: Groups) -> Callable[[Trace], bool]:
    """What an expression is true of; refused if it is none."""
    reader = _Reader(_tokens(expression), expression, groups)
    holds = reader.either()
    if reader.more():
        raise reader.refused()
    return lambda trace: holds(of_trace(trace))


def services_of(expression: str) -> tuple[Named, Named | None]:
    """The entity selector of time series: `service(…)` or `id(…)`, or the two ends of an `edge(…)`."""
    reader = _Reader(_tokens(expression), expression, lambda _by, _name: None)
    word = reader.word()
    if word == "id":
        reader.back()
        found = reader.named(), None
    elif word in ("service", "edge"):
        reader.expect("(")
        first, second = reader.named(), None
        if word == "edge":
            reader.expect(",")
            second = reader.named()
        reader.expect(")")
        found = first, second
    else:
        raise reader.refused()
    if reader.more():
        raise reader.refused()
    return found


def _tokens(expression: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(expression.rstrip()):
        match = _TOKENS.match(expression, at)
        if match is None:
            raise _invalid(expression)
        kind = str(match.lastgroup)
        text = match[kind]
        found.append(Token(kind, re.sub(r"\\(.)", r"\1", text[1:-1]) if kind == "string" else text))
        at = match.end()
    return found


def _invalid(expression: str) -> AwsError:
    return limits.invalid("Invalid filter expression", FilterExpression=expression)


class _Reader:
    """Reads an expression from left to right; NOT binds more than AND, AND more than OR."""

    def __init__(self, tokens: list[Token], expression: str, groups: Groups) -> None:
        self._tokens = tokens
        self._at = 0
        self._expression = expression
        self._groups = groups

    def more(self) -> bool:
        return self._at < len(self._tokens)

    def refused(self) -> AwsError:
        return _invalid(self._expression)

    def back(self) -> None:
        self._at -= 1

    def expect(self, sign: str) -> None:
        if not self._takes(sign):
            raise self.refused()

    def word(self) -> str:
        token = self._next()
        if token.kind != "word":
            raise self.refused()
        return token.text

    def either(self) -> Holds:
        """Terms of which one must hold."""
        terms = [self._both()]
        while self._takes("OR") or (self._takes("|") and self._takes("|")):
            terms.append(self._both())
        return terms[0] if len(terms) == 1 else lambda subject: any(term(subject) for term in terms)

    def named(self) -> Named:
        """A service by name, or by what `id()` says of it."""
        token = self._next()
        if token.kind == "string":
            return Named(token.text)
        if token != Token("word", "id"):
            raise self.refused()
        self.expect("(")
        found: dict[str, str] = {}
        while not self._takes(")"):
            key = self.word()
            self.expect(":")
            value = self._next()
            if key not in ("name", "type", "account.id") or value.kind != "string":
                raise self.refused()
            found[key.partition(".")[0]] = value.text
            self._takes(",")
        return Named(**found)

    def _both(self) -> Holds:
        """Terms which must all hold; two that stand side by side are joined like that, too."""
        terms = [self._one()]
        while self.more():
            if self._takes("AND") or (self._takes("&") and self._takes("&")) or self._begins():
                terms.append(self._one())
            else:
                break
        return terms[0] if len(terms) == 1 else lambda subject: all(term(subject) for term in terms)

    def _begins(self) -> bool:
        token = self._tokens[self._at]
        return (token.kind == "word" and token.text.upper() not in ("OR", "AND")) or token.text in ("!", "(")

    def _one(self) -> Holds:
        if self._takes("!") or self._takes("NOT"):
            inner = self._one()
            return lambda subject: not inner(subject)
        if self._takes("("):
            inner = self.either()
            self.expect(")")
            return inner
        word = self.word()
        if word == "service":
            return self._service()
        if word == "edge":
            return self._edge()
        if word == "annotation" or word.startswith("annotation."):
            return self._annotation(word)
        if word in ("group.name", "group.arn"):
            return self._group(word)
        if word in BOOLEANS:
            return self._boolean(word)
        if word in NUMBERS:
            return self._number(word)
        if word in STRINGS:
            return self._string(word)
        raise self.refused()

    def _service(self) -> Holds:
        self.expect("(")
        named = Named() if self._peeks(")") else self.named()
        self.expect(")")
        inner = self._inner()
        return lambda subject: any(named.fits(node) and inner(each) for node, each in of_service(subject.trace))

    def _edge(self) -> Holds:
        self.expect("(")
        source, target = Named(), Named()
        if not self._peeks(")"):
            source = self.named()
            self.expect(",")
            target = self.named()
        self.expect(")")
        inner = self._inner()
        return lambda subject: any(
            source.fits(began) and target.fits(ended) and inner(each) for began, ended, each in of_edge(subject.trace)
        )

    def _inner(self) -> Holds:
        if not self._takes("{"):
            return lambda _: True
        if self._takes("}"):
            return lambda _: True
        inner = self.either()
        self.expect("}")
        return inner

    def _annotation(self, word: str) -> Holds:
        key = word.partition(".")[2]
        if not key:
            self.expect("[")
            token = self._next()
            if token.kind not in ("word", "string"):
                raise self.refused()
            key = token.text
            self.expect("]")
        sign = self._sign({*_COMPARED, *_TEXTUAL})
        if not sign:
            return lambda subject: key in subject.annotations()
        wanted = self._value()
        return lambda subject: any(_compare(held, sign, wanted) for held in subject.annotations().get(key, ()))

    def _group(self, word: str) -> Holds:
        self.expect("=")
        named = self._next()
        holds = self._groups(word.partition(".")[2], named.text) if named.kind == "string" else None
        if holds is None:
            raise self.refused()
        return lambda subject: holds(subject.trace)

    def _boolean(self, word: str) -> Holds:
        read = BOOLEANS[word]
        sign = self._sign({"=", "!="})
        if not sign:
            return read
        token = self._next()
        if token.text.lower() not in ("true", "false"):
            raise self.refused()
        wanted = (token.text.lower() == "true") is (sign == "=")
        return lambda subject: read(subject) is wanted

    def _number(self, word: str) -> Holds:
        read, sign = NUMBERS[word], self._sign(set(_COMPARED))
        token = self._next() if sign else Token("", "")
        if token.kind != "number":
            raise self.refused()
        wanted, compare = float(token.text), _COMPARED[sign]
        return lambda subject: any(compare(held, wanted) for held in read(subject))

    def _string(self, word: str) -> Holds:
        read, sign = STRINGS[word], self._sign(set(_TEXTUAL))
        if not sign:
            return lambda subject: bool(read(subject))
        token = self._next()
        if token.kind != "string":
            raise self.refused()
        wanted, compare = token.text, _TEXTUAL[sign]
        if sign == "!=":
            return lambda subject: wanted not in read(subject)
        return lambda subject: any(compare(held, wanted) for held in read(subject))

    def _value(self) -> Any:
        token = self._next()
        if token.kind == "number":
            return float(token.text)
        if token.kind == "string":
            return token.text
        if token.text.lower() in ("true", "false"):
            return token.text.lower() == "true"
        raise self.refused()

    def _sign(self, signs: set[str]) -> str:
        if not self.more():
            return ""
        text = self._tokens[self._at].text.upper()
        if self._tokens[self._at].kind not in ("sign", "word") or text not in signs:
            return ""
        self._at += 1
        return text

    def _next(self) -> Token:
        if not self.more():
            raise self.refused()
        self._at += 1
        return self._tokens[self._at - 1]

    def _peeks(self, sign: str) -> bool:
        return self.more() and self._tokens[self._at] == Token("sign", sign)

    def _takes(self, text: str) -> bool:
        if not self.more():
            return False
        token = self._tokens[self._at]
        if token.kind == "string" or (token.text.upper() if token.kind == "word" else token.text) != text:
            return False
        self._at += 1
        return True


def _compare(held: Any, sign: str, wanted: Any) -> bool:
    if isinstance(held, str) and isinstance(wanted, str):
        return sign in _TEXTUAL and _TEXTUAL[sign](held, wanted)
    if isinstance(held, bool) or isinstance(wanted, bool):
        return sign in ("=", "!=") and _COMPARED[sign](held, wanted)
    if isinstance(held, int | float) and isinstance(wanted, int | float):
        return sign in _COMPARED and _COMPARED[sign](held, wanted)
    return sign == "!="
