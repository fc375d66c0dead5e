# airspeed is not typed, and its values are whatever a template makes of them.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUntypedBaseClass=false, reportPrivateUsage=false
"""The Velocity engine, kept to what a template may do: no Python beneath its values, no endless work, Java's prints.

airspeed looks a name up among all that Python knows of a value (`$input.json.__globals__` leads to any module). Here a
value has the methods that are listed for its type and no others.
"""

from __future__ import annotations

import importlib.util
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, cast

import re2

from foulweather.services.apigateway.rest.java_values import Boolean, List, Map, shown

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html: `#foreach` loop iterations in templates.
ITERATIONS_MAX: Final = 1_000
# Loops within loops have no limit of their own there; ours keeps one template from holding up everybody.
STEPS_MAX: Final = 100_000
TEXT_CHARS_MAX: Final = 10 * 1024 * 1024
_LONG: Final = 1 << 63

_RE2: Final[Any] = re2


class TooMuch(Exception):
    """A template that would not come to an end, or to a body that may be sent."""


class Engine:
    """The engine's module, its own copy, with what it may not do taken out."""

    def __init__(self) -> None:
        spec = importlib.util.find_spec("airspeed")
        if spec is None or spec.loader is None:
            raise ImportError("airspeed is not installed")
        self._module: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self._module)
        self._steps = 0
        self._restrict(self._module)
        self.errors: tuple[type[Exception], ...] = (self._module.TemplateError, RecursionError)

    def compiled(self, text: str) -> Any:
        """A template that was read; raises one of `errors`."""
        found = self._module.Template(text)
        found.ensure_compiled()
        return found

    def merged(self, template: Any, variables: Mapping[str, Any]) -> str:
        """The text that comes of a template."""
        self._steps = 0
        output = self._module.StoppableStream()
        template.merge_to(dict(variables), output)
        return cast("str", output.getvalue())

    def step(self) -> None:
        """Count something that a loop or a call did."""
        self._steps += 1
        if self._steps > STEPS_MAX:
            raise TooMuch(f"The template did more than {STEPS_MAX} steps")

    def _restrict(self, module: Any) -> None:
        module.NameOrCall, module.SetDirective = _name(module, self.step), _assignment(module, self.step)
        module.ForeachDirective = _loop(module, self.step)
        module.FormalReference, module.StoppableStream = _reference(module), _stream(module)
        module.DictionaryLiteral, module.ArrayLiteral = _dictionary(module), _array(module)
        module.BooleanLiteral = _truth(module)
        module.BinaryOperator.OPERATORS = OPERATORS


Step = Callable[[], None]


def _name(module: Any, step: Step) -> Any:
    class Name(module.NameOrCall):
        def calculate(self, current_object: Any, loader: Any, top_namespace: Any) -> Any:
            step()
            given: list[Any] | None = None
            if self.parameters is not None:
                given = list(self.parameters.calculate(top_namespace, loader))
            if isinstance(current_object, module.LocalNamespace):
                found = _variable(current_object, self.name)
            else:
                found = member(current_object, self.name, is_call=given is not None)
            if isinstance(found, module._FunctionDefinition):
                stream = module.StoppableStream()
                found.execute_function(stream, top_namespace, given or [], loader)
                return stream.getvalue()
            if given is not None:
                return found(*given) if callable(found) else None
            if callable(found):
                return None
            return _at(found, self.index.calculate(top_namespace, loader)) if self.index is not None else found

    return Name


def _reference(module: Any) -> Any:
    class Reference(module.FormalReference):
        def evaluate_raw(self, stream: Any, namespace: Any, loader: Any) -> None:
            value = self.expression.calculate(namespace, loader) if self.expression is not None else None
            if value is None and self.alternate is not None:
                value = self.alternate.calculate(namespace, loader)
            if value is None:
                value = "" if self.silent and self.expression is not None else self.my_text()
            stream.write(shown(value))

    return Reference


def _loop(module: Any, step: Step) -> Any:
    class Loop(module.ForeachDirective):
        def evaluate_raw(self, stream: Any, namespace: Any, loader: Any) -> None:
            every: Any = self.value.calculate(namespace, loader)
            if every is None:
                return
            if isinstance(every, dict):
                every = list(cast("dict[str, Any]", every).values())
            if not isinstance(every, (list, range)):
                raise ValueError(f"value for ${self.loop_var_name} is not iterable in #foreach: {shown(every)}")
            for count, item in enumerate(every[:ITERATIONS_MAX], 1):
                step()
                inner = module.LocalNamespace(namespace)
                has_next = Boolean(count < len(every))
                inner["velocityCount"], inner["velocityHasNext"] = count, has_next
                first, last = Boolean(count == 1), Boolean(count == len(every))
                inner["foreach"] = Map(count=count, index=count - 1, hasNext=has_next, first=first, last=last)
                inner[self.loop_var_name] = item
                self.block.evaluate(stream, inner, loader)

    return Loop


def _assignment(module: Any, step: Step) -> Any:
    class Assignment(module.SetDirective):
        def evaluate_raw(self, stream: Any, namespace: Any, loader: Any) -> None:
            step()
            value = self.value.calculate(namespace, loader)
            if isinstance(value, bool):
                value = Boolean(value)
            if len(self.terms) == 1:
                namespace.set_inherited(self.terms[0], value)
                return
            place = _variable(namespace, self.terms[0])
            for term in self.terms[1:-1]:
                place = member(place, term, is_call=False)
            if not isinstance(place, dict):
                raise ValueError(f"${'.'.join(self.terms[:-1])} has no members to be set")
            place[self.terms[-1]] = value

    return Assignment


def _stream(module: Any) -> Any:
    class Stream(module.StoppableStream):
        def write(self, s: str) -> None:
            if self.tell() + len(s) > TEXT_CHARS_MAX:
                raise TooMuch(f"The template's text is longer than {TEXT_CHARS_MAX} characters")
            super().write(s)

    return Stream


def _dictionary(module: Any) -> Any:
    class Dictionary(module.DictionaryLiteral):
        def calculate(self, namespace: Any, loader: Any) -> Any:
            return Map({shown(name): value for name, value in super().calculate(namespace, loader).items()})

    return Dictionary


def _array(module: Any) -> Any:
    class Array(module.ArrayLiteral):
        def parse(self) -> None:
            super().parse()
            values = self.values
            self.calculate = lambda namespace, loader: _listed(values.calculate(namespace, loader))

    return Array


def _truth(module: Any) -> Any:
    class Truth(module.BooleanLiteral):
        def calculate(self, namespace: Any, loader: Any) -> Any:
            return Boolean(self.value)

    return Truth


def member(value: Any, name: str, *, is_call: bool) -> Any:
    """A member of a value, or a method that it has in templates; None where it has neither."""
    if isinstance(value, dict):
        held = cast("dict[str, Any]", value)
        if not is_call or (name in held and callable(held[name])):
            return held.get(name, "" if isinstance(held, Map) else None)
    methods = next((every for kind, every in METHODS if isinstance(value, kind)), None)
    if methods is None:
        open_to_templates: frozenset[str] = getattr(type(value), "OPEN_TO_TEMPLATES", frozenset())
        return getattr(value, name) if name in open_to_templates else None
    method = methods.get(name)
    return None if method is None else lambda *given: method(value, *given)


def _variable(namespace: Any, name: str) -> Any:
    try:
        return namespace[name]
    except KeyError:
        return None


def _at(value: Any, index: Any) -> Any:
    if isinstance(value, list) and not isinstance(index, int):
        raise ValueError(f"expected integer for array index, got '{shown(index)}'")
    if isinstance(value, (list, dict)):
        try:
            return cast("Any", value)[index]
        except (KeyError, IndexError):
            return None
    return None


def _listed(values: Any) -> Any:
    return values if isinstance(values, range) else List(values)


# --- methods, as Java's String, List, Map and numbers have them


def _pattern(text: str) -> Any:
    try:
        options = _RE2.Options()
        options.log_errors = False
        return _RE2.compile(text, options)
    except _RE2.error as error:
        raise ValueError(f"the regular expression {text!r} is not understood: {error}") from None


def _replacement(text: str) -> str:
    r"""Java's `$1` is RE2's `\1`, and a backslash makes the next character stand for itself."""
    return text.replace("\\$", "\0").replace("\\", "\\\\").replace("$", "\\").replace("\0", "$")


def _replaced_all(text: str, pattern: str, replacement: str) -> str:
    return cast("str", _pattern(pattern).sub(_replacement(replacement), text))


def _replaced_first(text: str, pattern: str, replacement: str) -> str:
    return cast("str", _pattern(pattern).sub(_replacement(replacement), text, 1))


def _split(text: str, pattern: str, limit: int = 0) -> List:
    parts = List(_pattern(pattern).split(text, max(0, limit - 1)))
    while not limit and parts and not parts[-1]:
        parts.pop()
    return parts


TEXT: Final[dict[str, Callable[..., Any]]] = {
    "charAt": lambda text, index: text[index],
    "concat": lambda text, other: text + other,
    "contains": lambda text, other: Boolean(shown(other) in text),
    "endsWith": lambda text, other: Boolean(text.endswith(other)),
    "equals": lambda text, other: Boolean(text == other),
    "equalsIgnoreCase": lambda text, other: Boolean(text.lower() == shown(other).lower()),
    "indexOf": lambda text, other, start=0: text.find(other, start),
    "isBlank": lambda text: Boolean(not text.strip()),
    "isEmpty": lambda text: Boolean(not text),
    "lastIndexOf": lambda text, other: text.rfind(other),
    "length": len,
    "matches": lambda text, pattern: Boolean(_pattern(pattern).fullmatch(text) is not None),
    "replace": lambda text, old, new: text.replace(old, new),
    "replaceAll": _replaced_all,
    "replaceFirst": _replaced_first,
    "split": _split,
    "startsWith": lambda text, other: Boolean(text.startswith(other)),
    "strip": lambda text: text.strip(),
    "substring": lambda text, start, end=None: text[start:end],
    "toLowerCase": lambda text: text.lower(),
    "toString": lambda text: text,
    "toUpperCase": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
}
_OF_MAPS: Final[dict[str, Callable[..., Any]]] = {
    "get": lambda found, name: found.get(name, ""),
    "values": lambda found: List(found.values()),
    "clear": lambda found: found.clear() or "",
    "equals": lambda found, other: Boolean(found == other),
    **{name: each for name, each in vars(Map).items() if not name.startswith("_")},
}
_OF_LISTS: Final[dict[str, Callable[..., Any]]] = {
    "set": lambda found, index, value: found.__setitem__(index, value) or "",
    "addAll": lambda found, others: Boolean(found.extend(others) is None),
    "remove": lambda found, index: found.pop(index),
    "indexOf": lambda found, value: found.index(value) if value in found else -1,
    "equals": lambda found, other: Boolean(found == other),
    **{name: each for name, each in vars(List).items() if not name.startswith("_")},
}
_OF_NUMBERS: Final[dict[str, Callable[..., Any]]] = {
    "equals": lambda number, other: Boolean(number == other),
    "toString": shown,
    "intValue": int,
    "doubleValue": float,
}
METHODS: Final[tuple[tuple[type, dict[str, Callable[..., Any]]], ...]] = (
    (str, TEXT),
    (dict, _OF_MAPS),
    (list, _OF_LISTS),
    (range, {"size": len, "get": lambda found, index: found[index]}),
    (int, _OF_NUMBERS),
    (float, _OF_NUMBERS),
)


# --- operators


def _numbers(apply: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def applied(one: Any, other: Any) -> Any:
        if not isinstance(one, (int, float)) or not isinstance(other, (int, float)):
            raise TypeError("arithmetic is with numbers")
        found = apply(one, other)
        if isinstance(found, int) and not -_LONG <= found < _LONG:
            raise OverflowError("a number of more than 64 bits")
        return found

    return applied


def _sum(one: Any, other: Any) -> Any:
    if isinstance(one, str) or isinstance(other, str):
        text = shown(one) + shown(other)
        if len(text) > TEXT_CHARS_MAX:
            raise TooMuch(f"The template's text is longer than {TEXT_CHARS_MAX} characters")
        return text
    return _numbers(operator.add)(one, other)


def _quotient(one: Any, other: Any) -> Any:
    """Whole numbers are divided as Java divides them: towards zero."""
    if isinstance(one, int) and isinstance(other, int):
        whole = abs(one) // abs(other)
        return whole if (one < 0) == (other < 0) else -whole
    return one / other


def _compared(apply: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    return lambda one, other: Boolean(apply(one, other))


OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    **{
        name: _compared(apply)
        for names, apply in (
            (("==", "eq"), operator.eq),
            (("!=", "ne"), operator.ne),
            ((">", "gt"), operator.gt),
            ((">=", "ge"), operator.ge),
            (("<", "lt"), operator.lt),
            (("<=", "le"), operator.le),
            (("||", "or"), lambda one, other: bool(one) or bool(other)),
            (("&&", "and"), lambda one, other: bool(one) and bool(other)),
        )
        for name in names
    },
    "+": _sum,
    "-": _numbers(operator.sub),
    "*": _numbers(operator.mul),
    "/": _numbers(_quotient),
    "%": _numbers(operator.mod),
}


@lru_cache(1)
def engine() -> Engine:
    """The engine, loaded when the first template is."""
    return Engine()
