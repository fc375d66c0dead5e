"""The grammar of expressions (CWL_QuerySyntax-operations-functions)."""

from __future__ import annotations

from collections.abc import Callable

from foulweather.services.logs.insights.cursor import DEPTH_MAX, Cursor
from foulweather.services.logs.insights.errors import MalformedQuery
from foulweather.services.logs.insights.lexer import Token, number_of
from foulweather.services.logs.insights.syntax import (
    Among,
    Arithmetic,
    Comparison,
    Constant,
    Either,
    Every,
    FunctionCall,
    Item,
    Like,
    Member,
    Name,
    Negative,
    Node,
    Not,
    Period,
    QueryText,
    Regex,
    Star,
)

_RESERVED = frozenset({"and", "or", "not", "like", "in", "as", "by"})
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_SUMS = ("+", "-")
_PRODUCTS = ("*", "/", "%")


class ExpressionParser(Cursor):
    """Reads expressions, the loosest binding first: or, and, not, comparison, sum, product, power, sign."""

    def expression(self) -> Node:
        """One expression."""
        self.deeper()
        node = self._either()
        self.depth -= 1
        return node

    def item(self) -> Item:
        """An expression that becomes a column, with `as` or without."""
        start = self.token.start
        node = self.expression()
        written = self.written(start)
        if self.take_word("as"):
            return Item(node, self.expect_name().value, True)
        return Item(node, node.path if isinstance(node, Name) else written, False)

    def items(self) -> tuple[Item, ...]:
        """Columns, separated by commas."""
        found = [self.item()]
        while self.take_op(","):
            found.append(self.item())
        return tuple(found)

    def subquery(self) -> QueryText:
        """The query between parentheses; the parser of commands knows how."""
        raise NotImplementedError

    def _either(self) -> Node:
        conditions = [self._every()]
        while self.take_word("or"):
            conditions.append(self._every())
        return conditions[0] if len(conditions) == 1 else Either(conditions[0].start, self._end(), tuple(conditions))

    def _every(self) -> Node:
        conditions = [self._negation()]
        while self.take_word("and"):
            conditions.append(self._negation())
        return conditions[0] if len(conditions) == 1 else Every(conditions[0].start, self._end(), tuple(conditions))

    def _negation(self) -> Node:
        if not self.at_word("not"):
            return self._comparison()
        start = self.advance().start
        self.deeper()
        operand = self._negation()
        self.depth -= 1
        return Not(start, operand.end, operand)

    def _comparison(self) -> Node:
        left = self._sum()
        if self.at_op(*_COMPARISONS):
            op = self.advance().text
            right = self._sum()
            return Comparison(left.start, right.end, op, left, right)
        if self.take_op("=~"):
            return self._like(left, negated=False)
        negated = self.at_word("not") and self.following.text.lower() in ("like", "in")
        if negated:
            self.advance()
        if self.take_word("like"):
            return self._like(left, negated)
        if self.take_word("in"):
            return self._among(left, negated)
        return left

    def _like(self, subject: Node, negated: bool) -> Node:
        if self.token.kind == "regex":
            token = self.advance()
            return Like(subject.start, token.end, subject, Regex(token.start, token.end, token.value), negated)
        pattern = self._sum()
        return Like(subject.start, pattern.end, subject, pattern, negated)

    def _among(self, subject: Node, negated: bool) -> Node:
        if self.take_op("("):
            query = self.subquery()
            end = self.expect_op(")").end
            return Among(subject.start, end, subject, (), negated, query)
        self.expect_op("[")
        members = [self._sum()]
        while self.take_op(","):
            members.append(self._sum())
        end = self.expect_op("]").end
        return Among(subject.start, end, subject, tuple(members), negated)

    def _sum(self) -> Node:
        left, height = self._product(), 0
        while self.at_op(*_SUMS):
            left, height = self._grown(left, height, self._product), height + 1
        return left

    def _product(self) -> Node:
        left, height = self._power(), 0
        while self.at_op(*_PRODUCTS):
            left, height = self._grown(left, height, self._power), height + 1
        return left

    def _grown(self, left: Node, height: int, operand: Callable[[], Node]) -> Node:
        op = self.advance()
        if height >= DEPTH_MAX:
            raise MalformedQuery("the query nests too deeply", op.start, op.end)
        right = operand()
        return Arithmetic(left.start, right.end, op.text, left, right)

    def _power(self) -> Node:
        left = self._sign()
        if not self.at_op("^"):
            return left
        self.advance()
        self.deeper()
        right = self._power()
        self.depth -= 1
        return Arithmetic(left.start, right.end, "^", left, right)

    def _sign(self) -> Node:
        if not self.at_op("-"):
            return self._postfix()
        start = self.advance().start
        self.deeper()
        operand = self._sign()
        self.depth -= 1
        if isinstance(operand, Constant) and not isinstance(operand.value, str | bool):
            return Constant(start, operand.end, -operand.value)
        return Negative(start, operand.end, operand)

    def _postfix(self) -> Node:
        node, height = self._primary(), 0
        while self.at_op("[", "."):
            height += 1
            if height > DEPTH_MAX:
                self.refuse()
            if self.advance().text == "[":
                node = self._indexed(node)
            else:
                token = self.expect_name()
                keys = [token.value] if token.kind == "quoted" else token.value.split(".")
                for key in keys:
                    node = Member(node.start, token.end, node, key)
        return node

    def _indexed(self, node: Node) -> Node:
        token = self.advance()
        if token.kind == "string":
            key: str | int = token.value
        elif token.kind == "number" and token.text.isdigit() and len(token.text) < 10:
            key = int(token.text)
        else:
            self.refuse(token)
        end = self.expect_op("]").end
        return Member(node.start, end, node, key)

    def _primary(self) -> Node:
        token = self.token
        if token.kind == "op":
            return self._bracketed()
        if token.kind == "end" or (token.kind == "name" and token.text.lower() in _RESERVED):
            self.refuse()
        self.advance()
        match token.kind:
            case "string":
                return Constant(token.start, token.end, token.value)
            case "number":
                return Constant(token.start, token.end, number_of(token, self.text))
            case "quoted":
                return Name(token.start, token.end, token.value, quoted=True)
            case "period":
                return self._period(token)
            case "regex":
                return Regex(token.start, token.end, token.value)
            case _:
                pass
        if self.at_op("("):
            return self._call(token)
        if token.text in ("true", "false"):
            return Constant(token.start, token.end, token.text == "true")
        return Name(token.start, token.end, token.value)

    def _bracketed(self) -> Node:
        if not self.take_op("("):
            self.refuse()
        node = self.expression()
        self.expect_op(")")
        return node

    def _call(self, name: Token) -> Node:
        self.expect_op("(")
        arguments: list[Node] = []
        if self.at_op("*") and self.following.text == ")":
            token = self.advance()
            arguments.append(Star(token.start, token.end))
        elif not self.at_op(")"):
            arguments.append(self.expression())
            while self.take_op(","):
                arguments.append(self.expression())
        end = self.expect_op(")").end
        return FunctionCall(name.start, end, name.text.lower(), tuple(arguments))

    def _period(self, token: Token) -> Period:
        digits = token.text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        if len(digits) > 9:
            self.refuse(token)
        return Period(token.start, token.end, int(digits), token.text[len(digits) :].lower())

    def _end(self) -> int:
        return self.tokens[self.index - 1].end
