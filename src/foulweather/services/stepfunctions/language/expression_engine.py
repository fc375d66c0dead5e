"""JSONata, carried out within bounds: jsonata-python with a count of its work, its depth and its memory.

An expression can do no more than `WORK_MAX` units of work, so that no definition can hold the server up (a unit is
about a third of a microsecond). Nothing here goes by a clock, because the same execution must end the same way on every
machine. Depth and memory are where AWS itself refuses. Loading this module loads the library: import it only where an
expression is.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

_LIMIT = sys.getrecursionlimit()
import re2  # noqa: E402
from jsonata import functions, jexception, utils  # noqa: E402
from jsonata.jsonata import Jsonata  # noqa: E402

sys.setrecursionlimit(_LIMIT)  # the library raises it for the whole process

from foulweather.kernel import linear_patterns  # noqa: E402
from foulweather.kernel.errors import not_implemented  # noqa: E402
from foulweather.services.stepfunctions.language.json_types import is_array, is_container, is_object  # noqa: E402
from foulweather.services.stepfunctions.language.records import Scope  # noqa: E402

NULL = utils.Utils.NULL_VALUE
DEPTH_MAX = 100  # AWS refuses at an evaluation depth between 99 and 101
MEMORY_MAX = 6_990_256  # bytes: [1..873782] is accepted and [1..873783] refused, at eight bytes a number
WORK_MAX = 4_000_000
STEP_WORK = 8
FRAMES = 6_000  # Python's frames for DEPTH_MAX levels of the library, with room
KEPT_MAX = 500_000

TOO_DEEP = "Stack overflow error: Check for non-terminating recursive function.  Consider rewriting as tail-recursive."
TOO_LONG = "Expression evaluation timeout: Check for infinite loop"
TOO_LARGE = "Expression evaluation memory limit exceeded: Check for excessive memory usage"


class OutOfBounds(Exception):
    """An expression that would take too long, go too deep, or hold too much."""


class Unsupported(Exception):
    """A result that is no JSON: a function."""


class RefusedCall(Exception):
    """What one of Step Functions' own functions refuses, in words without a JSONata code."""


@contextmanager
def room() -> Generator[None]:
    """Python's stack, deep enough for an expression within bounds."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class Budget:
    """What one evaluation has used: its work, how deep it is, and how large its values are."""

    def __init__(self) -> None:
        self.work = 0
        self.depth = 0
        self._kept: dict[int, tuple[Any, int]] = {}

    def spend(self, work: int) -> None:
        """Count work, and stop where it is too much."""
        self.work += work
        if self.work > WORK_MAX:
            raise OutOfBounds(TOO_LONG)

    def weigh(self, value: Any) -> int:
        """How many bytes a value holds: eight a number, one a character, eight for each thing inside another.

        Shared parts count each time, because whoever prints or compares the value meets them each time. What was
        weighed is remembered.
        """
        if isinstance(value, str):
            weight = len(value)
        elif isinstance(value, list | dict):
            weight = self._weighed(cast("Any", value))
        else:
            return 8
        if weight > MEMORY_MAX:
            raise OutOfBounds(TOO_LARGE)
        return weight

    def _weighed(self, value: list[Any] | dict[str, Any]) -> int:
        size = len(value)
        kept = self._kept.get(id(value))
        if kept is not None and kept[0] is value and kept[1] >= size * 8:
            return kept[1]
        self.spend(size // 6 + 1)
        weight = 0
        if isinstance(value, dict):
            weight += sum(len(key) for key in value)
            children: Any = value.values()
        else:
            children = value
        for child in children:
            weight += 8 + self.weigh(child) if isinstance(child, list | dict | str) else 8
            if weight > MEMORY_MAX:
                raise OutOfBounds(TOO_LARGE)
        if len(self._kept) > KEPT_MAX:
            self._kept.clear()
        self._kept[id(value)] = (value, weight)
        return weight


class Engine(Jsonata):
    """The library's interpreter with every step counted, and with JavaScript's arithmetic instead of Python's."""

    budget: Budget
    scope: Scope

    def _eval(self, expr: Any, input: Any, environment: Any) -> Any:
        budget = self.budget
        budget.depth += 1
        if budget.depth > DEPTH_MAX:
            raise OutOfBounds(TOO_DEEP)
        budget.spend(STEP_WORK)
        result: Any = cast("Any", super())._eval(expr, input, environment)
        budget.depth -= 1
        if isinstance(result, str):
            budget.spend(budget.weigh(result) // 64)
        elif is_container(result):
            budget.weigh(result)
            budget.spend(len(result) // 16)
        return result

    @property
    def tree(self) -> Any:
        """The syntax tree."""
        return cast("Any", self).ast

    def charged(self, *values: Any) -> None:
        """Count the whole size of values that a native function is about to go through."""
        for value in values:
            if isinstance(value, list | dict | str):
                self.budget.spend(self.budget.weigh(value) // 32)

    def apply_inner(self, proc: Any, args: Any, input: Any, environment: Any) -> Any:
        """Call a function; what is none is refused here."""
        called = isinstance(proc, Jsonata.JFunction | Jsonata.JLambda)
        if not called and not functions.Functions.is_lambda(proc) and not functions.Functions.is_regex(proc):
            # The library prints to the server's output before it raises this.
            raise jexception.JException("T1006", 0)
        return cast("Any", super()).apply_inner(proc, args, input, environment)

    def evaluate_equality_expression(self, lhs: Any, rhs: Any, op: str | None) -> Any:
        """`=` and `!=`."""
        self.charged(lhs, rhs)
        return cast("Any", super()).evaluate_equality_expression(lhs, rhs, op)

    def evaluate_includes_expression(self, lhs: Any, rhs: Any) -> Any:
        """`in`."""
        self.charged(lhs, rhs)
        return cast("Any", super()).evaluate_includes_expression(lhs, rhs)

    def evaluate_string_concat(self, lhs: Any, rhs: Any) -> str:
        """`&`."""
        self.charged(lhs, rhs)
        return (text_of(lhs) or "") + (text_of(rhs) or "")

    def evaluate_wildcard(self, expr: Any, input: Any) -> Any:
        """`*`."""
        self.charged(input)
        return cast("Any", super()).evaluate_wildcard(expr, input)

    def evaluate_descendants(self, expr: Any, input: Any) -> Any:
        """`**`."""
        self.charged(input, input)
        return cast("Any", super()).evaluate_descendants(expr, input)

    def evaluate_group_expression(self, expr: Any, input: Any, environment: Any) -> Any:
        """`{…}` after a path."""
        if is_array(input):
            # The library copies a group for each member that it adds.
            self.budget.spend(len(input) ** 2 // 256)
        return cast("Any", super()).evaluate_group_expression(expr, input, environment)

    def evaluate_range_expression(self, lhs: Any, rhs: Any) -> Any:
        """`[1..n]`."""
        for code, side in (("T2003", lhs), ("T2004", rhs)):
            if side is not None and (isinstance(side, bool) or not isinstance(side, int)):
                raise jexception.JException(code, -1, side)
        if lhs is None or rhs is None or lhs > rhs:
            return None
        size = rhs - lhs + 1
        if size > 1e7:
            raise jexception.JException("D2014", -1, size)
        if size * 8 > MEMORY_MAX:
            raise OutOfBounds(TOO_LARGE)
        return cast("Any", utils.Utils).create_sequence_from_iter(range(lhs, rhs + 1))

    def evaluate_numeric_expression(self, lhs: Any, rhs: Any, op: str | None) -> Any:
        """`+`, `-`, `*`, `/` and `%`."""
        for code, side in (("T2001", lhs), ("T2002", rhs)):
            if side is not None and not utils.Utils.is_numeric(side):
                raise jexception.JException(code, -1, op, side)
        if lhs is None or rhs is None:
            return None
        one, other = float(lhs), float(rhs)
        match op:
            case "+":
                result = one + other
            case "-":
                result = one - other
            case "*":
                result = one * other
            case "/":
                result = _divided(one, other)
            case _:
                result = math.fmod(one, other) if other and math.isfinite(one) else math.nan
        # A result that is no number is one in JavaScript; only what is calculated with it is refused (D1001).
        return utils.Utils.convert_number(result) if math.isfinite(result) else result


class Counted(Jsonata.JNativeFunction):
    """One of the library's own functions, whose work is counted however it is called."""

    def call(self, input: Any, args: Any) -> Any:
        """Call it."""
        running = current()
        running.budget.spend(STEP_WORK)
        running.charged(*args)
        result = cast("Any", super()).call(input, args)
        running.charged(result)
        return result


def current() -> Engine:
    """The engine whose evaluation is under way."""
    return cast("Engine", cast("Any", Jsonata).CURRENT.jsonata)


def run(engine: Engine, frame: Any, scope: Scope) -> Any:
    """Evaluate a compiled expression in a frame."""
    cast("Any", Jsonata).CURRENT.jsonata = engine
    engine.budget, engine.scope = Budget(), scope
    result = cast("Any", engine).eval(engine.tree, None, frame)
    engine.budget.weigh(result)
    return result


def inward(value: Any) -> Any:
    """A JSON value as the library has it: null in an array has an object of its own there, and None is undefined."""
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [inward(item) if isinstance(item, list | dict) else NULL if item is None else item for item in items]
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {key: inward(item) if isinstance(item, list | dict) else item for key, item in fields.items()}
    return NULL if value is None else value


def outward(value: Any) -> Any:
    """A result as JSON: a number that JSON cannot have is its name, as on AWS, and a function is refused."""
    if value is NULL:
        return None
    if isinstance(value, list):
        return [outward(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: outward(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value is None or isinstance(value, str | int | float):
        return value
    raise Unsupported


def text_of(value: Any, pretty: bool = False) -> str | None:
    """What `$string` and `&` make of a value; the library would escape what is not ASCII."""
    if not is_container(value):
        return functions.Functions.string(value, pretty)
    if pretty:
        return json.dumps(_printable(value), ensure_ascii=False, indent=2)
    return json.dumps(_printable(value), ensure_ascii=False, separators=(",", ":"))


def _printable(value: Any) -> Any:
    """A value as JavaScript prints it: numbers with fifteen digits, functions as nothing."""
    if is_object(value):
        return {key: _printable(item) for key, item in value.items()}
    if is_array(value):
        return [_printable(item) for item in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise jexception.JException("D3001", -1, value)
        short = float(f"{value:.15g}")
        return int(short) if short.is_integer() and abs(short) < 1e21 else short
    if value is NULL or value is None:
        return None
    return value if isinstance(value, str | int) else ""


def _divided(one: float, other: float) -> float:
    if other:
        return one / other
    return math.nan if not one else math.copysign(math.inf, one) * math.copysign(1.0, other)


def compiled_regex(pattern: str, flags: Any) -> Any:
    """Compile a regular expression of an expression: by RE2, whose time is linear in the text."""
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as wrong:
        raise jexception.JException("S0301" if not pattern else "S0201", -1, str(wrong)) from None
    if len(pattern) > linear_patterns.LENGTH_MAX or compiled.groups > linear_patterns.GROUPS_MAX:
        raise jexception.JException("S0201", -1, "the regular expression is too large")
    options: Any = cast("Any", re2).Options()
    options.log_errors = False
    options.case_sensitive = not flags.case_insensitive
    prefix = "(?m)" if flags.multiline else ""
    try:
        return linear_patterns.linear(prefix + pattern, options)
    except linear_patterns.InvalidExpression:
        raise not_implemented(
            "stepfunctions", "JSONata regular expressions with look-around or back-references"
        ) from None
