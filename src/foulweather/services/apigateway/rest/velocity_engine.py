# airspeed is not typed, and its values are whatever a template makes of them.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUntypedBaseClass=false, reportPrivateUsage=false
"""The Velocity engine, kept to what a template may do: no Python beneath its values, no endless work, Java's prints.

airspeed looks a name up among all that Python knows of a value (`$input.json.__globals__` leads to any module). Here a
value has the methods that are listed for its type and no others.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, cast

from foulweather.services.apigateway.rest.java_methods import METHODS, OPERATORS, SMALL
from foulweather.services.apigateway.rest.java_values import Boolean, Literal, Map, shown
from foulweather.services.apigateway.rest.template_work import (
    ELEMENT_WORK,
    TEXT_CHARS_MAX,
    VALUE_WORK,
    WORK,
    TooMuch,
)

# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html: `#foreach` loop iterations in templates.
ITERATIONS_MAX: Final = 1_000
# A name may have hyphens: "VTL Identifiers [...] hyphen", Velocity's user guide; headers are set by such names.
_ID: Final = r"[a-z_](?:[a-z0-9_]|-(?=[a-z0-9_]))*"
_NAME: Final = re.compile(f"({_ID})", re.I)
_INDEX: Final = r"\[\s*(?:'[^']*'|\"[^\"]*\"|\d+)\s*\]"
_PLACE: Final = re.compile(rf"\s*\$\{{?({_ID})((?:\.{_ID}|{_INDEX})*)\}}?", re.I)
_TERM: Final = re.compile(rf"\.({_ID})|\[\s*(?:('[^']*'|\"[^\"]*\")|(\d+))\s*\]", re.I)
_UNPARSED: Final = re.compile(r"#\[\[(.*?)\]\]#", re.S)


class Engine:
    """The engine's module, its own copy, with what it may not do taken out."""

    def __init__(self) -> None:
        spec = importlib.util.find_spec("airspeed")
        if spec is None or spec.loader is None:
            raise ImportError("airspeed is not installed")
        self._module: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self._module)
        self._restrict(self._module)
        self.errors: tuple[type[Exception], ...] = (self._module.TemplateError, RecursionError, TooMuch)

    def compiled(self, text: str) -> Any:
        """A template that was read; raises one of `errors`."""
        found = self._module.Template(text)
        found.ensure_compiled()
        return found

    def merged(self, template: Any, variables: Mapping[str, Any]) -> str:
        """The text that comes of a template."""
        WORK.begin()
        output = self._module.StoppableStream()
        template.merge_to(dict(variables), output)
        return cast("str", output.getvalue())

    def _restrict(self, module: Any) -> None:
        module.NameOrCall, module.SetDirective = _name(module), _assignment(module)
        module.ForeachDirective, module.Block = _loop(module), _block(module)
        module.EvaluateDirective, module.Expression = _evaluation(module), _expression(module)
        module._FunctionDefinition.execute_function = _counted(module._FunctionDefinition.execute_function)
        module.Comment = _comment(module)
        module.FormalReference, module.StoppableStream = _reference(module), _stream(module)
        module.DictionaryLiteral, module.ArrayLiteral = _dictionary(module), _array(module)
        module.BooleanLiteral, module.Text = _truth(module), _text(module)
        module.BinaryOperator.OPERATORS = OPERATORS


def _name(module: Any) -> Any:
    class Name(module.NameOrCall):
        NAME = _NAME

        def calculate(self, current_object: Any, loader: Any, top_namespace: Any) -> Any:
            WORK.step()
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
                return _called(found, current_object, self.name, given) if callable(found) else None
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
            WORK.value(value)
            stream.write(shown(value))

    return Reference


def _loop(module: Any) -> Any:
    class Loop(module.ForeachDirective):
        def evaluate_raw(self, stream: Any, namespace: Any, loader: Any) -> None:
            every: Any = self.value.calculate(namespace, loader)
            if every is None:
                return
            if isinstance(every, dict):
                WORK.spend(VALUE_WORK * len(cast("dict[str, Any]", every)))
                every = list(cast("dict[str, Any]", every).values())
            if not isinstance(every, (list, range)):
                raise ValueError(f"value for ${self.loop_var_name} is not iterable in #foreach: {shown(every)}")
            for count, item in enumerate(every[:ITERATIONS_MAX], 1):
                WORK.step()
                inner = module.LocalNamespace(namespace)
                has_next = Boolean(count < len(every))
                inner["velocityCount"], inner["velocityHasNext"] = count, has_next
                first, last = Boolean(count == 1), Boolean(count == len(every))
                inner["foreach"] = Map(count=count, index=count - 1, hasNext=has_next, first=first, last=last)
                inner[self.loop_var_name] = item
                self.block.evaluate(stream, inner, loader)

    return Loop


def _block(module: Any) -> Any:
    class Block(module.Block):
        def evaluate_raw(self, stream: Any, namespace: Any, loader: Any) -> None:
            WORK.spend(ELEMENT_WORK * len(self.children))
            super().evaluate_raw(stream, namespace, loader)

    return Block


def _expression(module: Any) -> Any:
    class Expression(module.Expression):
        def calculate(self, namespace: Any, loader: Any) -> Any:
            # The library copies what is left of an expression for each of its operators.
            terms = len(self.expression)
            WORK.spend(ELEMENT_WORK * terms + terms * terms // 4)
            return super().calculate(namespace, loader)

    return Expression


def _evaluation(module: Any) -> Any:
    class Evaluation(module.EvaluateDirective):
        def evaluate_raw(self, stream: Any, namespace: Any, loader: Any) -> None:
            WORK.step()
            text = self.value.calculate(namespace, loader)
            if not isinstance(text, str):
                raise ValueError("#evaluate is given no text")
            WORK.spend((1 + len(text)) * ELEMENT_WORK)
            module.Template(text, "#evaluate").merge_to(namespace, stream, loader)

    return Evaluation


def _counted(execute: Callable[..., None]) -> Callable[..., None]:
    def executed(self: Any, stream: Any, namespace: Any, given: list[Any], loader: Any) -> None:
        WORK.step()
        execute(self, stream, namespace, given, loader)

    return executed


def _assignment(module: Any) -> Any:
    class Assignment(module.SetDirective):
        PLACE = _PLACE

        def parse(self) -> None:
            self.identity_match(self.START)
            first, rest = self.require_match(self.PLACE, "place")
            self.terms = [first, *(_term(each) for each in _TERM.findall(rest))]
            self.require_match(self.EQUALS, "=")
            self.value = self.require_next_element(module.Expression, "expression")
            self.require_match(self.END, "closing paren")

        def evaluate_raw(self, stream: Any, namespace: Any, loader: Any) -> None:
            WORK.step()
            value = self.value.calculate(namespace, loader)
            if value is None:
                return  # "If the RHS evaluates to null, it will not be assigned to the LHS": Velocity's user guide
            if isinstance(value, bool):
                value = Boolean(value)
            if len(self.terms) == 1:
                namespace.set_inherited(self.terms[0], value)
                return
            place = _variable(namespace, str(self.terms[0]))
            for term in self.terms[1:-1]:
                place = _at(place, term) if isinstance(term, int) else member(place, term, is_call=False)
            if not isinstance(place, list if isinstance(self.terms[-1], int) else dict):
                raise ValueError(f"${'.'.join(map(str, self.terms[:-1]))} has no members to be set")
            cast("Any", place)[self.terms[-1]] = value

    return Assignment


def _term(found: tuple[str, str, str]) -> str | int:
    name, quoted, index = found
    return int(index) if index else name or quoted[1:-1]


def _text(module: Any) -> Any:
    class Text(module.Text):
        def parse(self) -> None:
            text = self.full_text()
            if text.startswith("#[[", self.end) and _last(text, "]]#") > self.end:
                (self.text,) = self.identity_match(_UNPARSED)
            else:
                super().parse()

    return Text


def _comment(module: Any) -> Any:
    class Comment(module.Comment):
        def parse(self) -> None:
            text = self.full_text()
            if text.startswith("#*", self.end) and _last(text, "*#") < self.end + 2:
                raise module.NoMatch
            super().parse()

    return Comment


@lru_cache(8)
def _last(text: str, mark: str) -> int:
    """Where a mark is last: an opening one after it is not looked up anew each time."""
    return text.rfind(mark)


def _stream(module: Any) -> Any:
    class Stream(module.StoppableStream):
        def write(self, s: str) -> None:
            WORK.text(s)
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


def _called(method: Callable[..., Any], value: Any, name: str, given: list[Any]) -> Any:
    """Call a method; all that it reads and makes counts."""
    if not isinstance(value, list | dict) or name not in SMALL:
        WORK.value(value)
        for each in given:
            WORK.value(each)
    found = method(*given)
    if isinstance(found, str):
        WORK.text(found)
    elif isinstance(found, list | dict):
        WORK.spend(VALUE_WORK * len(cast("list[Any]", found)))
    return found


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
    return values if isinstance(values, range) else Literal(values)


@lru_cache(1)
def engine() -> Engine:
    """The engine, loaded when the first template is."""
    return Engine()
