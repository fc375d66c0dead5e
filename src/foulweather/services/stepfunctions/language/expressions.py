"""JSONata in a definition: which strings are expressions, what they may name, and how they are evaluated.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard

import msgspec

from foulweather.services.stepfunctions.language.errors import InvalidDefinition, StatesError
from foulweather.services.stepfunctions.language.json_types import is_array, is_object
from foulweather.services.stepfunctions.language.records import Query, Scope

LENGTH_MAX = 100_000  # characters of one expression
FIELD_RESULT = frozenset({"result"})
FIELD_ERROR = frozenset({"errorOutput"})


class States(msgspec.Struct):
    """The reserved variable `$states` as a field sees it; made ready when an expression first needs it."""

    input: Any
    scope: Scope
    extra: dict[str, Any] = {}
    ready: Any = None

    def value(self) -> Any:
        """`$states` itself."""
        if self.ready is None:
            from foulweather.services.stepfunctions.language.expression_engine import inward

            self.ready = inward({"input": self.input, "context": self.scope.context, **self.extra})
        return self.ready


def is_expression(text: Any) -> TypeGuard[str]:
    """Whether a value is a JSONata expression: a string between `{%` and `%}`, with no blanks around them."""
    return isinstance(text, str) and len(text) >= 4 and text.startswith("{%") and text.endswith("%}")


def compiled(text: str, field: str, names: frozenset[str] = frozenset()) -> Expression:
    """Compile one expression, or refuse it; `names` are what `$states` has here beside input and context."""
    from foulweather.services.stepfunctions.language import expression_checks, expression_engine
    from foulweather.services.stepfunctions.language.expression_words import words

    source = text[2:-2].strip()
    if len(source) > LENGTH_MAX:
        raise InvalidDefinition(
            f"The JSONata expression is longer than {LENGTH_MAX} characters", "INVALID_JSONATA_EXPRESSION", field
        )
    try:
        with expression_engine.room():
            engine = expression_engine.Engine(source, expression_engine.compiled_regex)
            expression_checks.check(engine.tree, names)
    except InvalidDefinition as refused:
        raise InvalidDefinition(refused.message, refused.code, field) from None
    except (RuntimeError, LookupError, ValueError, TypeError, AttributeError) as wrong:
        raise InvalidDefinition(words(wrong)[1], "INVALID_JSONATA_EXPRESSION", field) from None
    return Expression(source, field, engine)


class Expression:
    """One compiled expression and the field that it stands in."""

    def __init__(self, source: str, field: str, engine: Any) -> None:
        self.source = source
        self.field = field
        self._engine = engine

    def evaluate(self, states: States) -> Any:
        """Its value as JSON, or States.QueryEvaluationError in AWS's words."""
        from foulweather.services.stepfunctions.language import expression_engine
        from foulweather.services.stepfunctions.language.expression_library import ScopeFrame
        from foulweather.services.stepfunctions.language.expression_words import words

        engine = self._engine
        try:
            with expression_engine.room():
                frame = ScopeFrame(states.value(), states.scope)
                result = expression_engine.run(engine, frame, states.scope)
                if result is None:
                    raise self.failed("returned nothing (undefined).")
                return expression_engine.outward(result)
        except (StatesError, InvalidDefinition):
            raise
        except expression_engine.Unsupported:
            raise self.failed("returned an unsupported result type.") from None
        except Exception as wrong:  # whatever escapes from the library is the expression's failure, not the server's
            from foulweather.kernel.errors import AwsError

            if isinstance(wrong, AwsError | MemoryError):
                raise
            code, said = words(wrong)
            # AWS ends the sentence before a JSONata code, and goes on after a colon where there is none.
            rest = f". {code}: {said}" if code else f": {said}"
            raise self.failed("threw an error during evaluation" + rest) from None

    def failed(self, rest: str) -> StatesError:
        """The failure of this expression."""
        cause = f"The JSONata expression '{self.source}' specified for the field '{self.field}' {rest}"
        return StatesError("States.QueryEvaluationError", cause, self.field)


Build = Callable[[States], Any]


def value(template: Any, field: str, names: frozenset[str] = frozenset()) -> Build | None:
    """Compile a value with expressions in it, at any depth; None where it has none."""
    if is_expression(template):
        return compiled(template, field, names).evaluate
    if is_object(template):
        return _object([(key, item, value(item, f"{field}/{key}", names)) for key, item in template.items()])
    if is_array(template):
        return _array([(item, value(item, f"{field}[{at}]", names)) for at, item in enumerate(template)])
    return None


def _object(fields: list[tuple[str, Any, Build | None]]) -> Build | None:
    if all(build is None for _, _, build in fields):
        return None

    def built(states: States) -> Any:
        return {key: item if build is None else build(states) for key, item, build in fields}

    return built


def _array(items: list[tuple[Any, Build | None]]) -> Build | None:
    if all(build is None for _, build in items):
        return None

    def built(states: States) -> Any:
        return [item if build is None else build(states) for item, build in items]

    return built


def query(template: Any, field: str) -> Query:
    """Compile a field that sees the input and the context only."""
    build = value(template, field)
    if build is None:
        return lambda document, scope: template
    return lambda document, scope: build(States(document, scope))
