"""From a condition of a query to a condition in Python, with the short ways that its constants allow."""

from __future__ import annotations

import re
from typing import Protocol

from foulweather.services.logs.insights import regexes
from foulweather.services.logs.insights.fields import SYSTEM_FIELDS
from foulweather.services.logs.insights.scopes import Names, Source
from foulweather.services.logs.insights.syntax import (
    Among,
    Comparison,
    Constant,
    Either,
    Every,
    Like,
    Name,
    Node,
    Not,
    QueryText,
    Regex,
)
from foulweather.services.logs.insights.values import canonical, number
from foulweather.services.logs.insights.writing import Code, Writer

# A text that JSON writes as it is, unless the message uses escapes.
_VERBATIM = re.compile(r"[A-Za-z0-9 _:,.;@()=+-]*[A-Za-z_][A-Za-z0-9 _:,.;@()=+-]*")
_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_PYTHON = {"=": "==", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


class Compiler(Protocol):
    """What compiles the operands."""

    writer: Writer
    source: Source

    def compiled(self, node: Node, names: Names) -> Code:
        """The code of an expression."""
        ...

    def condition(self, node: Node, names: Names) -> str:
        """The code of an expression as a condition."""
        ...

    def subquery(self, query: QueryText) -> str:
        """The name of the set of values that a subquery gives."""
        ...


def compiled(compiler: Compiler, node: Node, names: Names) -> Code:
    """The code of a condition."""
    match node:
        case Not():
            return _flag(compiler.writer, f"not {compiler.condition(node.operand, names)}", node.operand)
        case Every() | Either():
            word = " and " if isinstance(node, Every) else " or "
            parts = [_flag(compiler.writer, compiler.condition(part, names), part).text for part in node.conditions]
            return compiler.writer.assign(Code(word.join(parts), "flag", 1))
        case Comparison():
            return _comparison(compiler, node, names)
        case Like():
            return _like(compiler, node, names)
        case Among():
            return _among(compiler, node, names)
        case _:
            raise AssertionError(node)


def _flag(writer: Writer, text: str, of: Node) -> Code:
    """A condition in parentheses, or a name where it holds conditions itself, so that Python's parser never tires."""
    if isinstance(of, Not | Every | Either):
        return writer.assign(Code(text, "flag", 1))
    return Code(f"({text})", "flag", 2)


def _comparison(compiler: Compiler, node: Comparison, names: Names) -> Code:
    left, op, right = node.left, node.op, node.right
    if isinstance(left, Constant) and not isinstance(right, Constant):
        left, op, right = right, _MIRRORED[op], left
    one = compiler.compiled(left, names)
    negated = op == "!="
    text = None
    if isinstance(right, Constant):
        text = _with_constant(compiler.writer, one, "=" if negated else op, right.value)
    if text is None:
        other = compiler.compiled(right, names)
        match op:
            case "=" | "!=":
                code = compiler.writer.call("equal", "flag", one, other)
            case "<":
                code = compiler.writer.call("below", "flag", one, other)
            case ">":
                code = compiler.writer.call("below", "flag", other, one)
            case "<=":
                code = compiler.writer.call("at_most", "flag", one, other)
            case _:
                code = compiler.writer.call("at_most", "flag", other, one)
        text = code.text
    return Code(f"(not {text})" if negated else text, "flag", 3)


def _with_constant(writer: Writer, one: Code, op: str, value: str | int | float | bool) -> str | None:
    if isinstance(value, bool):
        return None
    as_number = number(value)
    if as_number is None:
        # No number spells this text, so only the text itself equals it; a JSON boolean may, by its name.
        if op != "=" or value in ("true", "false") or one.kind == "flag":
            return None
        return f"({one.text} == {value!r})"
    name = as_numeric(writer, one)
    if op == "=":
        return f"({name} == {as_number!r})"
    return f"({name} is not None and {name} {_PYTHON[op]} {as_number!r})"


def as_numeric(writer: Writer, code: Code) -> str:
    """The name of the number that a value is."""
    if code.text == "t":
        return "t"
    if code.kind in ("number", "time"):
        return writer.assign(code).text
    name = writer.assign(code).text
    plain = f"{name}.__class__ is float or {name}.__class__ is int and -huge < {name} < huge"
    return writer.assign(Code(f"{name} if {plain} else number({name})", "number"), "n").text


def _like(compiler: Compiler, node: Like, names: Names) -> Code:
    subject = compiler.writer.assign(compiler.compiled(node.subject, names))
    name = subject.text
    certain = name == "m"
    if not certain and subject.kind != "text":
        name = compiler.writer.assign(Code(f"{name} if {name}.__class__ is str else text({name})", "text")).text
    words: list[str] | None = None
    if isinstance(node.pattern, Regex):
        words = regexes.literals(node.pattern.pattern)
        if words is None:
            pattern = regexes.compiled(node.pattern.pattern, node.pattern.start, node.pattern.end)
            found = f"{compiler.writer.hold(pattern.search, 'search')}({name}) is not None"
        else:
            found = " or ".join(f"{word!r} in {name}" for word in words)
    elif isinstance(node.pattern, Constant) and isinstance(node.pattern.value, str):
        words = [node.pattern.value]
        found = f"{words[0]!r} in {name}"
    else:
        other = compiler.compiled(node.pattern, names)
        certain = True
        found = f"contains({name}, {other.text})"
    text = f"({found})" if certain else f"({name} is not None and ({found}))"
    return Code(f"(not {text})" if node.negated else text, "flag", 3)


def _among(compiler: Compiler, node: Among, names: Names) -> Code:
    subject = compiler.compiled(node.subject, names)
    if node.subquery is not None:
        members = compiler.subquery(node.subquery)
    elif all(isinstance(member, Constant) for member in node.members):
        held = {canonical(member.value) for member in node.members if isinstance(member, Constant)}
        members = compiler.writer.hold(frozenset(held), "members")
    else:
        name = compiler.writer.assign(subject)
        codes = [compiler.writer.call("equal", "flag", name, compiler.compiled(m, names)) for m in node.members]
        text = f"({' or '.join(code.text for code in codes)})"
        return Code(f"(not {text})" if node.negated else text, "flag", 3)
    value = compiler.writer.assign(compiler.writer.call("canonical", "any", subject)).text
    text = f"({value} is not None and {value} in {members})"
    return Code(f"(not {text})" if node.negated else text, "flag", 3)


def required_word(node: Node, names: Names) -> str | None:
    """A text that a message must contain for the condition to hold of a discovered field, if there is one.

    The loops look for it before they take a message apart. JSON may write any character as an escape, so a message
    with a backslash is always taken apart.
    """
    match node:
        case Comparison(op="=", left=Name() as field, right=Constant(value=str() as value)):
            pass
        case Like(negated=False, subject=Name() as field, pattern=Constant(value=str() as value)):
            pass
        case Like(negated=False, subject=Name() as field, pattern=Regex(pattern=pattern)):
            words = regexes.literals(pattern)
            if words is None or len(words) != 1:
                return None
            value = words[0]
        case _:
            return None
    path = field.path
    if path in SYSTEM_FIELDS or path.startswith("@entity") or path in names:
        return None
    if (path.startswith("@") and path[1:] in names) or any(path.startswith(f"{made}.") for made in names):
        return None
    if number(value) is not None or value in ("true", "false", "1", "0") or _VERBATIM.fullmatch(value) is None:
        return None
    return value
