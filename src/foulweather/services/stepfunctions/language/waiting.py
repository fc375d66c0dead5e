"""How long a Wait waits, and what a Fail says.

https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html, state-fail.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foulweather.services.stepfunctions.language import dataflow, intrinsics, numbers, schema, timestamps
from foulweather.services.stepfunctions.language.errors import InvalidDefinition, StatesError
from foulweather.services.stepfunctions.language.findings import Fields
from foulweather.services.stepfunctions.language.records import Failure, Pause, Query, Scope


def pause(fields: Fields) -> Callable[[Any, Scope], Pause]:
    """How long a Wait waits: Seconds, SecondsPath, Timestamp or TimestampPath."""
    name = fields.one_of("Seconds", "Timestamp", "SecondsPath", "TimestampPath")
    narrowed = dataflow.same if fields.is_jsonata else dataflow.path(fields, "InputPath")
    if name is None:
        fields.error("These fields are required: [Seconds]")
    if name in ("Seconds", "SecondsPath"):
        seconds = numbers.whole(fields, "Seconds", 0, schema.SECONDS_MAX, narrowed)
        return lambda document, scope: Pause(delay_ms=int(seconds(document, scope) or 0) * 1000)
    moment = _timestamp(fields, name or "Timestamp", narrowed)
    return lambda document, scope: Pause(at_ms=timestamps.milliseconds(moment(document, scope)))


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and timestamps.milliseconds(value) is not None


def _timestamp(fields: Fields, name: str, narrowed: Query) -> Query:
    if name == "TimestampPath":
        read = numbers.reference(fields, name)

        def moment(document: Any, scope: Scope) -> Any:
            value = read(narrowed(document, scope), scope)
            if not _is_moment(value):
                words = "parameter is not a valid ISO-8601 extended offset date-time format string"
                cause = f"The TimestampPath {words}: {fields.data[name]} == {value}"
                raise StatesError("States.Runtime", cause, name)
            return value

        return moment
    text = fields.text(name)
    if text is not None and fields.is_jsonata and not _is_moment(text):
        return numbers.by_expression(fields, name, "string", lambda value: isinstance(value, str), _is_moment)
    if text is not None and not _is_moment(text):
        fields.error("Value is not a valid ISO-8601 extended offset date-time format string", name)
    return lambda document, scope: text


def failure(fields: Fields) -> Callable[[Any, Scope], Failure]:
    """What a Fail says: Error and Cause, or what their paths and expressions give."""
    error, cause = _words(fields, "Error"), _words(fields, "Cause")
    return lambda document, scope: Failure(error(document, scope), cause(document, scope))


def _words(fields: Fields, name: str) -> Callable[[Any, Scope], str | None]:
    given = fields.one_of(name, f"{name}Path")
    if given is None:
        return numbers.absent
    if given == name:
        if fields.is_jsonata and str(fields.data[name]).startswith("{%"):
            return numbers.by_expression(
                fields, name, "string", lambda value: isinstance(value, str), lambda value: True
            )
        text = fields.text(name)
        return lambda document, scope: text
    return _by_path(fields, given)


def _by_path(fields: Fields, name: str) -> Callable[[Any, Scope], str | None]:
    """ErrorPath and CausePath take a Reference Path, or an intrinsic function that gives a string."""
    text = fields.text(name)
    if text is None:
        return numbers.absent
    if text.startswith("$"):
        read: Query = numbers.reference(fields, name)
    else:
        read = fields.compiled(name, lambda: _call(text, name), numbers.absent)

    def words(document: Any, scope: Scope) -> str | None:
        value = read(document, scope)
        if not isinstance(value, str):
            raise StatesError("States.Runtime", f"The {name} parameter does not reference a string value: {text}", name)
        return value

    return words


STRING_FUNCTIONS = ("Format", "JsonToString", "ArrayGetItem", "Base64Encode", "Base64Decode", "Hash", "UUID")


def _call(text: str, name: str) -> Query:
    if not text.startswith(tuple(f"States.{function}(" for function in STRING_FUNCTIONS)):
        raise InvalidDefinition(
            f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
        )
    return intrinsics.compiled(text, name)
