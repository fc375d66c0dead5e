"""The functions that an expression can call: JSONata's, Step Functions' own, and the world's for time and chance.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import copy
import functools
import hashlib
import inspect
import itertools
import math
from collections.abc import Callable
from typing import Any, cast

import orjson
from jsonata import functions, jexception, utils
from jsonata.jsonata import Jsonata

from foulweather.services.stepfunctions.language.expression_engine import (
    MEMORY_MAX,
    NULL,
    STEP_WORK,
    TOO_LARGE,
    Counted,
    OutOfBounds,
    RefusedCall,
    current,
    inward,
    text_of,
)
from foulweather.services.stepfunctions.language.intrinsic_functions import ALGORITHMS
from foulweather.services.stepfunctions.language.json_types import is_array, is_container, is_object
from foulweather.services.stepfunctions.language.records import Scope

Frame = Jsonata.Frame
MATCH_BYTES = 64  # of what $match gives for one match


class Made(Jsonata.JFunction):
    """A function of our own; how many arguments it takes is asked where it is applied in part."""

    arguments = 0

    def get_number_of_args(self) -> int:
        """How many arguments it takes."""
        return self.arguments

    def call(self, input: Any, args: Any) -> Any:
        """Call it; its work is counted, as that of the library's own functions is."""
        running = current()
        running.budget.spend(STEP_WORK)
        running.charged(*args)
        return cast("Any", self.function).call(input, args)


def function(name: str, signature: str, apply: Callable[..., Any]) -> Any:
    """A function that an expression can call."""
    made = Made(Jsonata.JLambda(apply), f"<{signature}>")
    made.arguments = len(inspect.signature(apply).parameters)
    cast("Any", made.signature).set_function_name(name)
    made.function_name = name
    return made


@functools.cache
def shared() -> Any:
    """The frame of all functions; `$eval` is not in it, which AWS does not support either."""
    frame = Frame(None)
    for name, native in cast("Any", Jsonata.static_frame).bindings.items():
        if name != "eval":
            counted = copy.copy(native)
            counted.__class__ = Counted
            frame.bindings[name] = counted
    for name, signature, apply in OWN:
        frame.bind(name, function(name, signature, apply))
    return frame


class ScopeFrame(Frame):
    """The frame of one evaluation: `$states` and the variables, made ready when they are first asked for."""

    def __init__(self, states: Any, scope: Scope) -> None:
        super().__init__(shared())
        self.bindings["states"] = states
        self._variables = scope.variables

    def lookup(self, name: str) -> Any:
        """The value behind a name."""
        if name not in self.bindings and name in self._variables:
            self.bindings[name] = inward(self._variables[name])
        return super().lookup(name)


def _random(seed: Any = None) -> float:
    return current().scope.random() if seed is None else _seeded(seed)


def _now(picture: Any = None, zone: Any = None) -> Any:
    return _from_millis(current().scope.now_ms, picture, zone)


def _seeded(seed: float) -> float:
    return int.from_bytes(hashlib.sha256(repr(float(seed)).encode()).digest()[:7]) / 2**56


def _shuffled(items: list[Any] | None = None) -> list[Any] | None:
    if items is None:
        return None
    mixed, scope = list(items), current().scope
    for at in range(len(mixed) - 1, 0, -1):
        other = math.floor(scope.random() * (at + 1))
        mixed[at], mixed[other] = mixed[other], mixed[at]
    return mixed


def _within(size: float) -> None:
    if size > MEMORY_MAX:
        raise OutOfBounds(TOO_LARGE)


def _from_millis(millis: Any, picture: Any = None, zone: Any = None) -> Any:
    # A picture can name a width: `[Y,9999999-]`.
    if isinstance(picture, str) and any(len(part) > 3 for part in _digits(picture)):
        raise OutOfBounds(TOO_LARGE)
    return functions.Functions.datetime_from_millis(millis, picture, zone)


def _digits(text: str) -> list[str]:
    """The runs of digits after a comma in a picture."""
    return ["".join(char for char in part if char.isdigit()) for part in text.split(",")[1:]]


def _pad(text: Any = None, width: Any = None, char: Any = None) -> Any:
    if isinstance(width, int | float) and isinstance(text, str):
        _within(abs(width) * max(1, len(char) if isinstance(char, str) else 1))
    return functions.Functions.pad(text, cast("Any", width), char)


def _join(items: Any = None, separator: Any = None) -> Any:
    if isinstance(items, list) and isinstance(separator, str):
        _within(len(cast("list[Any]", items)) * len(separator))
    return functions.Functions.join(cast("Any", items), separator)


def _replace(text: Any = None, pattern: Any = None, replacement: Any = None, limit: Any = None) -> Any:
    if limit is NULL:
        raise jexception.JException("T0410", -1, 4, "replace")
    if isinstance(limit, int | float) and limit < 0:
        raise jexception.JException("D3011", -1, limit)
    if isinstance(text, str) and pattern:
        added = len(replacement) if isinstance(replacement, str) else 0
        references = replacement.count("$") * len(text) if isinstance(replacement, str) else 0
        _within(len(text) + references + _found(text, pattern, added + 8) * added)
    if isinstance(text, str) and hasattr(pattern, "finditer"):
        return _replaced(text, pattern, replacement, limit)
    return functions.Functions.replace(text, pattern, replacement, cast("Any", limit))


def _replaced(text: str, pattern: Any, replacement: Any, limit: Any) -> str:
    """What a regular expression finds, replaced by a text or by what a function makes of it."""
    pieces: list[str] = []
    at = 0
    for found in itertools.islice(pattern.finditer(text), None if limit is None else math.ceil(limit)):
        if found.start() == found.end():
            raise jexception.JException("D1004", -1, "")
        groups = list(found.groups())
        if isinstance(replacement, str):
            made = _expanded(replacement, found.group(), groups)
        else:
            told = {"match": found.group(), "start": found.start(), "end": found.end(), "groups": groups}
            made = _called(replacement, told)
            if not isinstance(made, str):
                raise jexception.JException("D3012", -1, made)
        pieces += (text[at : found.start()], made)
        at = found.end()
    return "".join([*pieces, text[at:]])


def _called(function: Any, *arguments: Any) -> Any:
    """What an expression's function makes of arguments."""
    return cast("Any", functions.Functions).func_apply(function, list(arguments))


def _expanded(template: str, whole: str, groups: list[str | None]) -> str:
    """A replacement with its `$0`, `$1` … filled in, by JSONata's own rules for how many digits a number has."""
    pieces: list[str] = []
    at = 0
    while (dollar := template.find("$", at)) >= 0:
        pieces.append(template[at:dollar])
        at = dollar + 1
        digits = max(1, len(str(len(groups))))
        if template.startswith("$", at) or template.startswith("0", at):
            pieces.append("$" if template[at] == "$" else whole)
            at += 1
            continue
        number = _leading(template[at : at + digits])
        if number is not None and digits > 1 and number > len(groups):
            number = _leading(template[at : at + digits - 1])
        if number is None:
            pieces.append("$")
            continue
        if 0 < number <= len(groups):
            pieces.append(groups[number - 1] or "")
        at += len(str(number))
    return "".join([*pieces, template[at:]])


def _leading(text: str) -> int | None:
    """The number that a text begins with, as parseInt reads it."""
    digits = "".join(itertools.takewhile(lambda char: char in "0123456789", text))
    return int(digits) if digits else None


def _sort(items: Any = None, swaps: Any = None) -> Any:
    """A stable merge sort, as JSONata's is; the library takes two items that are equal for unequal."""
    if not is_array(items) or len(items) <= 1:
        return items
    if swaps is None:
        if not utils.Utils.is_array_of_numbers(items) and not utils.Utils.is_array_of_strings(items):
            raise jexception.JException("D3070", -1)
        return sorted(items)
    return _merged(list(items), swaps)


def _merged(items: list[Any], swaps: Any) -> list[Any]:
    if len(items) <= 1:
        return items
    middle = len(items) // 2
    left, right = _merged(items[:middle], swaps), _merged(items[middle:], swaps)
    merged: list[Any] = []
    one = other = 0
    while one < len(left) and other < len(right):
        if functions.Functions.to_boolean(_called(swaps, left[one], right[other])):
            merged.append(right[other])
            other += 1
        else:
            merged.append(left[one])
            one += 1
    return merged + left[one:] + right[other:]


def _match(text: Any = None, pattern: Any = None, limit: Any = None) -> Any:
    if isinstance(text, str) and hasattr(pattern, "finditer"):
        _found(text, pattern, MATCH_BYTES)
    return functions.Functions.match_(text, pattern, limit)


def _found(text: str, pattern: Any, bytes_each: int) -> int:
    """How often a pattern is found; what is found must fit into the memory that an expression has."""
    if isinstance(pattern, str):
        return text.count(pattern)
    most = MEMORY_MAX // bytes_each
    found = sum(1 for _ in itertools.islice(pattern.finditer(text), most + 1))
    if found > most:
        raise OutOfBounds(TOO_LARGE)
    current().budget.spend(found * STEP_WORK)
    return found


def _string(value: Any = None, pretty: Any = None) -> Any:
    if pretty is True and is_container(value):
        _within(_indented(value, 0))
    return text_of(value, pretty is True)


def _indented(value: list[Any] | dict[str, Any], level: int) -> int:
    """How many blanks a value takes when it is printed with its levels indented."""
    children = value.values() if is_object(value) else value
    blanks = 0
    for child in children:
        blanks += 2 * level + 2 + (_indented(child, level + 1) if is_container(child) else 0)
        _within(blanks)
    return blanks


def _distinct(items: Any = None) -> Any:
    """The different items of an array, by their JSON: the library compares each with each."""
    if not isinstance(items, list) or len(cast("list[Any]", items)) <= 1:
        return cast("Any", items)
    kept: dict[Any, Any] = {}
    for item in cast("list[Any]", items):
        kept.setdefault(_key(item), item)
    return cast("Any", utils.Utils).create_sequence_from_iter(kept.values())


def _key(value: Any) -> Any:
    if isinstance(value, list):
        return ("list", *(_key(item) for item in cast("list[Any]", value)))
    if isinstance(value, dict):
        return ("dict", frozenset((name, _key(item)) for name, item in cast("dict[str, Any]", value).items()))
    if isinstance(value, bool | str) or value is utils.Utils.NULL_VALUE:
        return (type(value).__name__, value)
    return float(value) if isinstance(value, int | float) else id(value)


def _partition(items: list[Any] | None = None, size: Any = None) -> Any:
    if items is None or size is None:
        return None
    whole = math.floor(size + 0.5)
    if whole <= 0:
        raise RefusedCall("The second argument of the partition function must be a positive number")
    return [items[at : at + whole] for at in range(0, len(items), whole)]


def _range(first: Any = None, last: Any = None, step: Any = None) -> Any:
    if first is None or last is None or step is None:
        return None
    if not step:
        raise RefusedCall("The third argument of the range function must not be zero")
    count = max(0, math.floor((last - first) / step) + 1)
    _within(count * 8)
    return [utils.Utils.convert_number(first + step * at) for at in range(count)]


def _hash(text: Any = None, algorithm: Any = None) -> Any:
    if text is None or algorithm is None:
        return None
    found = ALGORITHMS.get(algorithm)
    if found is None:
        raise RefusedCall(f"The second argument of the hash function must be one of {', '.join(ALGORITHMS)}")
    return found(cast("str", text).encode()).hexdigest()


def _parse(text: Any = None) -> Any:
    if text is None:
        return None
    try:
        return inward(orjson.loads(cast("str", text)))
    except orjson.JSONDecodeError as broken:
        raise RefusedCall(f"The argument of the parse function is not valid JSON: {broken}") from None


def _whole(value: Any) -> Any:
    """A number without a fraction is written without one: `$number('12')` is 12."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    return value


def _number(value: Any = None) -> Any:
    try:
        return _whole(functions.Functions.number(value))
    except (ValueError, OverflowError):
        raise jexception.JException("D3030", -1, value) from None


def _power(base: Any = None, exponent: Any = None) -> Any:
    try:
        return _whole(functions.Functions.power(base, exponent))
    except (OverflowError, ZeroDivisionError, ValueError):
        raise jexception.JException("D3061", -1, base, exponent) from None


def _to_millis(timestamp: Any = None, picture: Any = None) -> Any:
    try:
        return functions.Functions.datetime_to_millis(timestamp, picture)
    except (ValueError, OverflowError):
        raise jexception.JException("D3110", -1, timestamp) from None


OWN: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("random", "n?:n", _random),
    ("uuid", ":s", lambda: current().scope.uuid()),
    ("millis", ":n", lambda: current().scope.now_ms),
    ("now", "s?s?:s", _now),
    ("shuffle", "a:a", _shuffled),
    ("partition", "an:a", _partition),
    ("range", "nnn:a", _range),
    ("hash", "ss:s", _hash),
    ("parse", "s:x", _parse),
    ("distinct", "x:x", _distinct),
    ("pad", "s-ns?:s", _pad),
    ("join", "a<s>s?:s", _join),
    ("sort", "af?:a", _sort),
    ("match", "s-f<s:o>n?:a<o>", _match),
    ("string", "x-b?:s", _string),
    ("replace", "s-(sf)(sf)n?:s", _replace),
    ("fromMillis", "n-s?s?:s", _from_millis),
    ("toMillis", "s-s?:n", _to_millis),
    ("number", "(nsb)-:n", _number),
    ("power", "n-n:n", _power),
)
