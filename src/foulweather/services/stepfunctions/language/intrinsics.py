"""The intrinsic functions of JSONPath states, compiled.

Names, arguments and limits are those of https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foulweather.services.stepfunctions.language import intrinsic_functions, intrinsic_syntax, paths
from foulweather.services.stepfunctions.language.errors import InvalidDefinition, StatesError
from foulweather.services.stepfunctions.language.intrinsic_functions import FUNCTIONS, Refused
from foulweather.services.stepfunctions.language.intrinsic_syntax import Argument, Invocation, PathArgument, Text, Value
from foulweather.services.stepfunctions.language.records import Query, Scope
from foulweather.services.stepfunctions.language.texts import SHARED_MAX, check_built, json_text

Give = Callable[[Any, Scope], Any]


def compiled(text: str, field: str) -> Query:
    """Compile a call into a function that gives its value, or fails with States.IntrinsicFailure."""
    return _compiled(intrinsic_syntax.parse(text), field)


def _compiled(invocation: Invocation, field: str) -> Query:
    found = FUNCTIONS.get(invocation.name)
    if found is None:
        raise InvalidDefinition(f"The function '{invocation.name}' is not a valid intrinsic function")
    count = len(invocation.arguments)
    if count < found.arguments_min or (found.arguments_max is not None and count > found.arguments_max):
        raise InvalidDefinition(f"The function '{invocation.text}' has the wrong number of arguments")
    givers = tuple(_argument(one, invocation, field) for one in invocation.arguments)
    apply = found.apply
    if invocation.name == "States.Format" and isinstance(invocation.arguments[0], Text):
        pieces = _pieces(invocation.arguments[0].raw)
        if len(pieces) - 1 != count - 1:
            raise InvalidDefinition(
                f"The function '{invocation.text}' has not as many arguments as occurrences of {{}}"
            )

    def give(document: Any, scope: Scope) -> Any:
        arguments = [giver(document, scope) for giver in givers]
        try:
            return apply(arguments if len(arguments) <= SHARED_MAX else check_built(arguments), scope)
        except Refused as refused:
            cause = f"The function '{invocation.text}' had the following error: {refused}"
            raise StatesError("States.IntrinsicFailure", cause, field) from None

    return give


def _pieces(raw: str) -> list[str]:
    try:
        return intrinsic_functions.pieces(raw)
    except Refused as refused:
        raise InvalidDefinition(str(refused)) from None


def _argument(argument: Argument, of: Invocation, field: str) -> Give:
    match argument:
        case Text(raw):
            # Only Format's first argument is read with its escapes, because `\{` is no place for a value there.
            text = (
                raw if of.name == "States.Format" and argument is of.arguments[0] else intrinsic_syntax.unescaped(raw)
            )
            return lambda document, scope: text
        case Value(value):
            return lambda document, scope: value
        case PathArgument(text):
            return _path(text, of, field)
        case _:
            return _compiled(argument, field)


def _path(text: str, of: Invocation, field: str) -> Give:
    find = paths.finder(text)

    def give(document: Any, scope: Scope) -> Any:
        value = find(document, scope)
        if value is paths.MISSING:
            why = (
                f"The JsonPath argument for the field '{text}' could not be found in the input '{json_text(document)}'"
            )
            raise StatesError("States.Runtime", f"The function '{of.text}' had the following error: {why}", field)
        return value

    return give
