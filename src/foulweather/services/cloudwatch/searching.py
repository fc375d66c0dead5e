"""SEARCH: the metrics that match, each a series.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from foulweather.kernel.errors import not_implemented
from foulweather.services.cloudwatch.lines import MathFault
from foulweather.services.cloudwatch.state import Metric

FOUND_MAX = 500
Matches = Callable[[Metric], bool]
_TOKEN = re.compile(
    r"\s*(?:(?P<paren>[()])|(?P<pair>\"(?:[^\"\\]|\\.)*\"|:?[A-Za-z0-9_.-]+)\s*=\s*"
    r"|(?P<exact>\"(?:[^\"\\]|\\.)*\")|(?P<word>[^\s()=]+))"
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@lru_cache(maxsize=256)
def parsed(text: str) -> Matches:
    """What decides whether a metric matches a search."""
    text = text.strip()
    schema: Matches | None = None
    if text.startswith("{"):
        end = text.find("}")
        if end < 0:
            raise MathFault("SEARCH: the schema has no end")
        schema = _schema(text[1:end])
        text = text[end + 1 :]
    tokens: list[tuple[str, str]] = []
    for found in _TOKEN.finditer(text):
        if found["paren"]:
            tokens.append(("paren", found["paren"]))
        elif found["pair"]:
            tokens.append(("pair", found["pair"].strip('"')))
        elif found["exact"]:
            tokens.append(("exact", found["exact"][1:-1]))
        else:
            kind = "sign" if found["word"] in ("AND", "OR", "NOT") else "word"
            tokens.append((kind, found["word"]))
    rest = _Reader(tokens).whole() if tokens else None
    if schema is None and rest is None:
        raise MathFault("SEARCH: the search is empty")
    return lambda metric: (schema is None or schema(metric)) and (rest is None or rest(metric))


def _schema(text: str) -> Matches:
    parts = [part.strip().strip('"') for part in re.findall(r'"[^"]*"|[^,]+', text)]
    namespace, names = parts[0], sorted(parts[1:])
    return lambda metric: metric.namespace == namespace and sorted(name for name, _ in metric.dimensions) == names


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(text)]


def _has(text: str, term: str) -> bool:
    wanted, there = _words(term), _words(text)
    count = len(wanted)
    return bool(wanted) and any(there[at : at + count] == wanted for at in range(len(there) - count + 1))


def _texts(metric: Metric) -> list[str]:
    return [metric.namespace, metric.name, *(part for pair in metric.dimensions for part in pair)]


def _anywhere(text: str) -> Matches:
    return lambda metric: any(_has(each, text) for each in _texts(metric))


def _pair(name: str, wanted: str, *, is_exact: bool) -> Matches:
    """A test of one property: the namespace, the name, or a dimension."""

    def agrees(text: str) -> bool:
        return text == wanted if is_exact else _has(text, wanted)

    if name == ":aws.AccountId":
        raise not_implemented("cloudwatch", "GetMetricData.Expression SEARCH :aws.AccountId")
    plain = name.removeprefix(":aws.").removeprefix(":")
    if plain in ("Namespace", "MetricName"):
        return lambda metric: agrees(metric.namespace if plain == "Namespace" else metric.name)
    return lambda metric: any(key == name and agrees(held) for key, held in metric.dimensions)


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._pair = ""

    def whole(self) -> Matches:
        found = self._any()
        if self._at < len(self._tokens):
            raise MathFault("SEARCH: a parenthesis too many")
        return found

    def _next(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _any(self) -> Matches:
        parts = [self._all()]
        while self._next()[1] == "OR" and self._next()[0] == "sign":
            self._at += 1
            parts.append(self._all())
        return lambda metric: any(part(metric) for part in parts)

    def _all(self) -> Matches:
        parts = [self._term()]
        while True:
            kind, text = self._next()
            if kind == "end" or text == ")" or (kind == "sign" and text == "OR"):
                break
            if kind == "sign" and text == "AND":
                self._at += 1
            parts.append(self._term())
        return lambda metric: all(part(metric) for part in parts)

    def _term(self) -> Matches:
        kind, text = self._next()
        self._at += 1
        if kind == "sign" and text == "NOT":
            inner = self._term()
            return lambda metric: not inner(metric)
        if kind == "paren" and text == "(":
            inner = self._any()
            if self._next()[1] != ")":
                raise MathFault("SEARCH: a parenthesis is missing")
            self._at += 1
            return inner
        if kind == "pair":
            outer, self._pair = self._pair, text
            inner = self._term()
            self._pair = outer
            return inner
        if kind in ("exact", "word"):
            if self._pair:
                return _pair(self._pair, text, is_exact=kind == "exact")
            return (lambda metric: text in _texts(metric)) if kind == "exact" else _anywhere(text)
        raise MathFault("SEARCH: a term is missing")
