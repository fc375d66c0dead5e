"""Reads expressions of S3 Select's SQL, from the loosest binding operator to the tightest.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference-operators.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from foulweather.services.s3 import select_calls
from foulweather.services.s3.select_refusals import refused
from foulweather.services.s3.select_tokens import Token
from foulweather.services.s3.select_values import Expression, Path, Step, Type, compared, made, truth

DEPTH_MAX: Final = 60
TERMS_MAX: Final = 2000
RESERVED: Final = frozenset({"FROM", "WHERE", "LIMIT", "AND", "OR", "AS", "IN", "LIKE", "BETWEEN", "IS", "THEN", "END"})


class Words:
    """The words of a query, one after another."""

    def __init__(self, words: list[Token]) -> None:
        self.words = words
        self.place = 0

    @property
    def next(self) -> Token:
        """The next word."""
        return self.words[self.place]

    def take(self) -> Token:
        """Go past the next word, but not past the end."""
        token = self.words[self.place]
        if token.kind != "end":
            self.place += 1
        return token

    def takes_word(self, *words: str) -> bool:
        """Go past the next word if it is one of these keywords."""
        if self.next.is_word(*words):
            self.place += 1
            return True
        return False

    def takes_sign(self, *signs: str) -> str:
        """Go past the next word if it is one of these signs; that sign, or nothing."""
        token = self.next
        if token.is_sign(*signs):
            self.place += 1
            return token.text
        return ""

    def need_word(self, word: str) -> None:
        """Go past a keyword that must come here."""
        if not self.takes_word(word):
            raise self.unexpected("ParseExpectedKeyword")

    def need_sign(self, sign: str, code: str = "ParseUnexpectedToken") -> None:
        """Go past a sign that must come here."""
        if not self.takes_sign(sign):
            raise self.unexpected(code)

    def unexpected(self, code: str = "ParseUnexpectedToken") -> Exception:
        """The refusal of the next word."""
        token = self.next
        return refused(code, f"character {token.place}", token.text or "end of the expression")


class Expressions(Words):
    """Reads expressions; what they need of the record is in `paths`, their constants and aggregates beside."""

    def __init__(self, words: list[Token]) -> None:
        super().__init__(words)
        self.depth = 0
        self.alias = ""
        self.paths: dict[Path, int] = {}
        self.constants: list[str | int | float] = []
        self.arguments: list[tuple[str, str]] = []
        self.in_aggregate = False

    def is_alias(self, token: Token) -> bool:
        """Whether a word stands for the record."""
        if token.kind == "quoted":
            return bool(self.alias) and token.text == self.alias
        if token.kind != "name":
            return False
        return token.text.upper() in (self.alias.upper() or "S3OBJECT", "S3OBJECT")

    def expression(self) -> Expression:
        """A whole expression."""
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise refused("UnsupportedSyntax", "nesting", self.depth)
        found = self._chain(self._conjunction, "OR")
        self.depth -= 1
        return found

    def _conjunction(self) -> Expression:
        return self._chain(self._negation, "AND")

    def _chain(self, part: Callable[[], Expression], word: str) -> Expression:
        parts = [part()]
        while self.takes_word(word):
            parts.append(part())
        if len(parts) > TERMS_MAX:
            raise refused("UnsupportedSyntax", "terms", len(parts))
        if len(parts) == 1:
            return parts[0]
        return made(f"({f' {word} '.join([truth(each) for each in parts])})", "bool", *parts)

    def _negation(self) -> Expression:
        count = 0
        while self.takes_word("NOT"):
            count += 1
        found = self._comparison()
        if not count:
            return found
        return made(f"(NOT {truth(found)})" if count % 2 else truth(found), "bool", found)

    def _comparison(self) -> Expression:
        left = self.sum_of()
        sign = self.takes_sign("=", "<>", "!=", "<", "<=", ">", ">=")
        if sign:
            right = self.sum_of()
            return made(f"({compared(left, right, sign)})", "bool", left, right)
        if self.takes_word("IS"):
            return self._is(left)
        negated = self.takes_word("NOT")
        not_ = "NOT " if negated else ""
        if self.takes_word("BETWEEN"):
            low = self.sum_of()
            self.need_word("AND")
            high = self.sum_of()
            sql = f"({not_}({compared(left, low, '>=')} AND {compared(left, high, '<=')}))"
            return made(sql, "bool", left, low, high)
        if self.takes_word("IN"):
            self.need_sign("(")
            options = self.list_of()
            sql = " OR ".join([compared(left, option, "=") for option in options])
            return made(f"({not_}({sql}))", "bool", left, *options)
        if self.takes_word("LIKE"):
            pattern = self.sum_of()
            escape = self.sum_of() if self.takes_word("ESCAPE") else None
            third = f", {escape.sql}" if escape is not None else ""
            parts = [left, pattern] + ([escape] if escape is not None else [])
            return made(f"({not_}is_like({left.sql}, {pattern.sql}{third}))", "bool", *parts)
        if negated:
            raise self.unexpected()
        return left

    def _is(self, left: Expression) -> Expression:
        not_ = "NOT " if self.takes_word("NOT") else ""
        if self.takes_word("MISSING"):
            if not left.path:
                return made(f"({not_}0)", "bool", left)
            return made(f"({not_}m{self.paths[left.path]})", "bool", left)
        if self.takes_word("NULL"):
            return made(f"({left.sql} IS {not_}NULL)", "bool", left)
        raise self.unexpected("ParseExpectedKeyword")

    def list_of(self) -> list[Expression]:
        """Expressions up to the closing parenthesis."""
        found = [self.expression()]
        while self.takes_sign(","):
            found.append(self.expression())
        self.need_sign(")", "ParseExpectedRightParenBuiltinFunctionCall")
        if len(found) > TERMS_MAX:
            raise refused("UnsupportedSyntax", "terms", len(found))
        return found

    def sum_of(self) -> Expression:
        """An expression without comparisons."""
        found = self._product()
        count = 0
        while True:
            sign = self.takes_sign("+", "-", "||")
            if not sign:
                return found
            count += 1
            if count > DEPTH_MAX:
                raise refused("UnsupportedSyntax", "terms", count)
            right = self._product()
            if sign == "||":
                found = made(f"joined({found.sql}, {right.sql})", "string", found, right)
            else:
                found = made(f"reckoned('{sign}', {found.sql}, {right.sql})", "number", found, right)

    def _product(self) -> Expression:
        found = self._sign()
        count = 0
        while True:
            sign = self.takes_sign("*", "/", "%")
            if not sign:
                return found
            count += 1
            if count > DEPTH_MAX:
                raise refused("UnsupportedSyntax", "terms", count)
            right = self._sign()
            found = made(f"reckoned('{sign}', {found.sql}, {right.sql})", "number", found, right)

    def _sign(self) -> Expression:
        sign = self.takes_sign("-", "+")
        found = self._primary()
        return found if sign in ("", "+") else made(f"reckoned('-', 0, {found.sql})", "number", found)

    def _primary(self) -> Expression:
        token = self.next
        if token.kind == "number":
            self.place += 1
            is_whole = token.text.isdigit() and len(token.text) < 19
            return self.constant(int(token.text) if is_whole else float(token.text), "number")
        if token.kind == "string":
            self.place += 1
            return self.constant(token.text, "string")
        if self.takes_sign("("):
            found = self.expression()
            self.need_sign(")")
            return found
        if token.kind == "name":
            following = self.words[self.place + 1]
            if token.is_word("CASE"):
                self.place += 1
                return select_calls.case(self)
            if following.is_sign("("):
                self.place += 2
                return select_calls.function(self, token.text.upper())
            if token.is_word("TRUE", "FALSE", "NULL") and not following.is_sign("."):
                self.place += 1
                sql = {"TRUE": "1", "FALSE": "0", "NULL": "NULL"}[token.text.upper()]
                return Expression(sql, "any" if sql == "NULL" else "bool")
            if token.is_word("MISSING"):
                self.place += 1
                return Expression("NULL", "any")
        if token.kind == "quoted" or (token.kind == "name" and token.text.upper() not in RESERVED):
            return self._path()
        raise self.unexpected("ParseExpectedExpression" if token.kind == "end" else "ParseUnexpectedToken")

    def constant(self, value: str | float, kind: Type) -> Expression:
        """A value that the query itself tells."""
        self.constants.append(value)
        return Expression(f":p{len(self.constants) - 1}", kind)

    def _path(self) -> Expression:
        first = self.take()
        steps = self.steps(may_be_every=False)
        if not self.is_alias(first):
            steps = (Step(first.text, first.kind == "quoted"), *steps)
        if any(step.name == "_0" for step in steps):
            raise refused("InvalidColumnIndex", "column", "_0")
        number = self.paths.setdefault(steps, len(self.paths))
        return Expression(f"c{number}", "any", steps, aggregates=False, reads=True)

    def steps(self, *, may_be_every: bool) -> Path:
        """The steps of a path."""
        steps: list[Step] = []
        while True:
            if self.next.is_sign(".") and not self.words[self.place + 1].is_sign("*"):
                self.place += 1
                token = self.take()
                if token.kind not in ("name", "quoted"):
                    raise refused("ParseInvalidPathComponent", f"character {token.place}", token.text)
                steps.append(Step(token.text, token.kind == "quoted"))
            elif self.takes_sign("["):
                steps.append(self._index(may_be_every=may_be_every))
            else:
                return tuple(steps)

    def _index(self, *, may_be_every: bool) -> Step:
        token = self.take()
        if token.is_sign("*") and may_be_every:
            step = Step(is_every=True)
        elif token.kind == "number" and token.text.isdigit() and len(token.text) < 10:
            step = Step(place=int(token.text))
        elif token.kind == "string":
            step = Step(token.text, is_exact=True)
        else:
            raise refused("ParseInvalidPathComponent", f"character {token.place}", token.text)
        self.need_sign("]", "ParseInvalidPathComponent")
        return step
