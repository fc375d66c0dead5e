"""How data goes through a state, for either query language: `arguments` on the way in, `finish` on the way out.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from foulweather.services.stepfunctions.language import expressions, paths, templates, variables
from foulweather.services.stepfunctions.language.errors import InvalidDefinition
from foulweather.services.stepfunctions.language.expressions import FIELD_RESULT, States
from foulweather.services.stepfunctions.language.findings import Fields
from foulweather.services.stepfunctions.language.json_types import is_object
from foulweather.services.stepfunctions.language.records import Finish, Finished, Query, Scope

Assign = Callable[[Any, Any, Scope], dict[str, Any]]  # (state input, result or error output, scope)


def same(document: Any, scope: Scope) -> Any:
    """The input as it is."""
    return document


def constant(value: Any) -> Query:
    """A value that depends on nothing."""
    return lambda document, scope: value


def _result(document: Any, result: Any, scope: Scope) -> Finished:
    return Finished(result)


def path(fields: Fields, name: str) -> Query:
    """InputPath or OutputPath: `$` where it is absent, an empty object where it is null."""
    if name not in fields or fields.data[name] == "$":
        return same
    if fields.data[name] is None:
        return lambda document, scope: {}
    text = fields.text(name)
    return same if text is None else fields.compiled(name, lambda: _path(text, name), same)


def _path(text: str, name: str) -> Query:
    try:
        return paths.query(text, name)
    except InvalidDefinition:
        raise InvalidDefinition(f"The value for the field '{name}' must be a valid JSONPath") from None


def template(fields: Fields, name: str) -> Query | None:
    """A payload template, or None where it is absent."""
    if name not in fields:
        return None
    value = fields.data[name]
    if not is_object(value):
        fields.error("Expected value of type Object", name)
        return None
    warn_of_paths(fields, name, value)
    return fields.compiled(name, lambda: templates.compiled(value), same)


def warn_of_paths(fields: Fields, name: str, value: dict[str, Any]) -> None:
    """Note values that look like paths behind names without `.$`, as AWS's NO_DOLLAR does."""
    waiting = [(value, name)]
    while waiting:
        here, place = waiting.pop()
        for key, inner in here.items():
            if is_object(inner):
                waiting.append((inner, f"{place}/{key}"))
            elif isinstance(inner, str) and not key.endswith(".$") and inner.startswith(("$.", "$$.", "States.")):
                words = "No .$ on a field that appears to be a JSONPath or Intrinsic Function."
                fields.findings.warn("NO_DOLLAR", words, f"{fields.location}/{place}/{key}")


def arguments(fields: Fields) -> Query:
    """What a Task is called with, a branch begins with, or a Pass hands on."""
    if fields.is_jsonata:
        if "Arguments" not in fields:
            return same
        value = fields.data["Arguments"]
        if not isinstance(value, dict | list) and not expressions.is_expression(value):
            fields.error("Expected value of type Object", "Arguments")
        return fields.compiled("Arguments", lambda: expressions.query(value, fields.place + "Arguments"), same)
    narrowed, payload = path(fields, "InputPath"), template(fields, "Parameters")
    if payload is None:
        return narrowed
    if narrowed is same:
        return payload
    return lambda document, scope: payload(narrowed(document, scope), scope)


def assign(fields: Fields, sees: str | None) -> Assign | None:
    """The variables that a state, a rule or a catcher sets; `sees` is the member of `$states` that its result is."""
    if "Assign" not in fields:
        return None
    value = fields.data["Assign"]
    if not is_object(value):
        fields.error("Expected value of type Object", "Assign")
        return None
    for key in value:
        name = key if fields.is_jsonata else key.removesuffix(".$")
        if not variables.is_name(name):
            fields.error(f"'{name}' is not a valid variable name", "Assign")
    if fields.is_jsonata:
        names = frozenset({sees}) if sees else frozenset[str]()
        build = fields.compiled("Assign", lambda: expressions.value(value, fields.place + "Assign", names), None)
        if build is None:
            return lambda document, result, scope: dict(value)
        return lambda document, result, scope: build(States(document, scope, {sees: result} if sees else {}))
    filled = fields.compiled("Assign", lambda: templates.compiled(value), same)
    # `$` is the result (or the error output), and the input in a state that has none.
    return lambda document, result, scope: dict(filled(result, scope))


def finish(fields: Fields, *, has_result: bool, places_result: bool) -> Finish:
    """How a state is left.

    `has_result`: a Task, Parallel or Map, whose result is `$states.result`; `places_result`: it has a ResultPath, as a
    Pass has too.
    """
    if fields.is_jsonata:
        return _jsonata_finish(fields, "result" if has_result else None)
    output = path(fields, "OutputPath")
    select = template(fields, "ResultSelector") if has_result else None
    place = placing(fields) if places_result else None
    setting = assign(fields, None)
    if output is same and select is None and place is None and setting is None:
        return _result

    def left(document: Any, result: Any, scope: Scope) -> Finished:
        chosen = result if select is None else select(result, scope)
        combined = chosen if place is None else place(document, chosen)
        return Finished(output(combined, scope), None if setting is None else setting(document, result, scope))

    return left


def placing(fields: Fields) -> Callable[[Any, Any], Any] | None:
    """What ResultPath does with an input and a result; None where the result takes the input's place."""
    if "ResultPath" not in fields or fields.data["ResultPath"] == "$":
        return None
    if fields.data["ResultPath"] is None:
        return lambda document, result: document
    text = fields.text("ResultPath")
    if text is None:
        return None
    return fields.compiled("ResultPath", lambda: paths.placer(text), None)


def _jsonata_finish(fields: Fields, sees: str | None) -> Finish:
    setting = assign(fields, sees)
    names = FIELD_RESULT if sees else frozenset[str]()
    value = fields.data.get("Output", msgspec.UNSET)
    if value is msgspec.UNSET and setting is None:
        return _result
    build = fields.compiled("Output", lambda: expressions.value(value, fields.place + "Output", names), None)

    def left(document: Any, result: Any, scope: Scope) -> Finished:
        if value is msgspec.UNSET:
            output = result
        else:
            extra = {sees: result} if sees else {}
            output = value if build is None else build(States(document, scope, extra))
        return Finished(output, None if setting is None else setting(document, result, scope))

    return left


def caught(fields: Fields) -> Finish:
    """How a state is left through a catcher: its result is the error output."""
    if not fields.is_jsonata:
        place, setting = placing(fields), assign(fields, None)

        def placed(document: Any, error: Any, scope: Scope) -> Finished:
            output = error if place is None else place(document, error)
            return Finished(output, None if setting is None else setting(document, error, scope))

        return placed
    setting = assign(fields, "errorOutput")
    value = fields.data.get("Output", msgspec.UNSET)
    names = expressions.FIELD_ERROR
    build = fields.compiled("Output", lambda: expressions.value(value, fields.place + "Output", names), None)

    def left(document: Any, error: Any, scope: Scope) -> Finished:
        if value is msgspec.UNSET:
            output = error
        else:
            output = value if build is None else build(States(document, scope, {"errorOutput": error}))
        return Finished(output, None if setting is None else setting(document, error, scope))

    return left


def credentials(fields: Fields) -> Query | None:
    """The role that a Task's call is made with: `{"RoleArn": …}`."""
    inner = fields.inner("Credentials")
    if inner is None:
        return None
    inner.allow(frozenset({"RoleArn"}), frozenset({"RoleArn.$"}), frozenset())
    if inner.one_of("RoleArn", "RoleArn.$") is None:
        inner.require("RoleArn")
    if fields.is_jsonata:
        return fields.compiled("Credentials", lambda: expressions.query(inner.data, fields.place + "Credentials"), same)
    return template(fields, "Credentials")
