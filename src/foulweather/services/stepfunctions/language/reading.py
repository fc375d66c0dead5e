"""A definition, read as a whole: its text, its flows, and what must be unique in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from foulweather.services.stepfunctions.language import graph, maps, schema, states
from foulweather.services.stepfunctions.language.errors import InvalidDefinition
from foulweather.services.stepfunctions.language.findings import Fields, Findings
from foulweather.services.stepfunctions.language.json_types import is_array, is_container, is_object
from foulweather.services.stepfunctions.language.records import AnyState, Flow, Machine, Map, QueryLanguage, Task
from foulweather.services.stepfunctions.language.states import ReadFlow

LEVELS_MAX = 100  # of JSON: as deep as thirty Map states in each other

BUILD: dict[str, Callable[[str, Fields, ReadFlow], AnyState]] = {
    "Pass": states.pass_state,
    "Task": states.task,
    "Choice": states.choice,
    "Wait": states.wait,
    "Succeed": states.succeed,
    "Fail": states.fail,
    "Parallel": states.parallel,
    "Map": maps.map_state,
}


class Reading:
    """One definition while it is read."""

    def __init__(self, recognizes: Callable[[str], bool] | None = None) -> None:
        self.findings = Findings()
        self.language: QueryLanguage = "JSONPath"
        self._recognizes = recognizes
        self._names: set[str] = set()
        self._labels: set[str] = set()
        self._assigned: list[set[str]] = []

    def machine(self, definition: str) -> Machine | None:
        """The machine, or None where its definition is refused."""
        try:
            data = _json(definition)
        except InvalidDefinition as refused:
            self.findings.error(refused.message, None, refused.code)
            return None
        language = data.get("QueryLanguage", "JSONPath")
        self.language = "JSONata" if language == "JSONata" else "JSONPath"
        fields = Fields(data, "", self.language, self.findings)
        fields.text("QueryLanguage", ("JSONPath", "JSONata"))
        fields.allow(schema.MACHINE, frozenset(), frozenset())
        timeout, version = fields.integer("TimeoutSeconds", 1, schema.SECONDS_MAX), fields.text("Version", ("1.0",))
        flow = self.flow(fields)
        if self.findings.refused:
            return None
        return Machine(flow, self.language, timeout, fields.text("Comment"), version or "1.0")

    def flow(self, fields: Fields) -> Flow:
        """One flow: the machine itself, a branch, or an item processor."""
        fields.require("StartAt", "States")
        fields.text("Comment")
        start_at, inner = fields.text("StartAt") or "", fields.inner("States")
        errors = sum(one.severity == "ERROR" for one in self.findings.found)
        read: dict[str, AnyState] = {}
        self._assigned.append(_assigns(inner.data if inner is not None else {}))
        for name, data in inner.data.items() if inner is not None else ():
            state = self._state(name, data, fields.location)
            if state is not None:
                read[name] = state
        self._assigned.pop()
        if inner is not None and not inner.data:
            fields.error("Object must not be empty", "States")
        flow = Flow(start_at, read)
        sound = errors == sum(one.severity == "ERROR" for one in self.findings.found)
        if sound and start_at and read:
            graph.check(flow, fields.location, self.findings)
        return flow

    def _state(self, name: str, data: Any, location: str) -> AnyState | None:
        where = f"{location}/States/{name}"
        if not is_object(data):
            self.findings.error("Expected value of type Object", where)
            return None
        fields = Fields(data, where, self._language(data, where), self.findings)
        if not 0 < len(name) <= schema.STATE_NAME_MAX:
            fields.error(f"State name must have 1 to {schema.STATE_NAME_MAX} characters", code="INVALID_STATE_NAME")
        if name in self._names:
            fields.error(f"Duplicate State name: {name}", code="DUPLICATE_STATE_NAME")
        self._names.add(name)
        fields.require("Type")
        kind = fields.text("Type", schema.TYPES)
        if kind is None:
            return None
        shape = schema.SHAPES[kind]
        fields.allow(shape.both, shape.jsonpath, shape.jsonata)
        self._scopes(fields)
        state = BUILD[kind](name, fields, self.flow)
        self._unique(state, fields)
        return state

    def _language(self, data: dict[str, Any], where: str) -> QueryLanguage:
        """The state's own QueryLanguage or the machine's, never that of the state that it is in."""
        language = data.get("QueryLanguage", self.language)
        if language not in ("JSONPath", "JSONata"):
            self.findings.error("Value must be one of [JSONPath, JSONata]", f"{where}/QueryLanguage")
            return self.language
        if self.language == "JSONata" and language == "JSONPath":
            words = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
            self.findings.error(words, where)
            return self.language
        return "JSONata" if language == "JSONata" else "JSONPath"

    def _scopes(self, fields: Fields) -> None:
        """A variable of an outer scope cannot be assigned in an inner one."""
        mine = _assigns({"": fields.data})
        for name in sorted(mine):
            if any(name in outer for outer in self._assigned[:-1]):
                fields.error(f"The variable '{name}' is already assigned in an outer scope", "Assign")

    def _unique(self, state: AnyState, fields: Fields) -> None:
        if isinstance(state, Map) and state.label is not None:
            if state.label in self._labels:
                fields.error(f"Duplicate Label: {state.label}", "Label", "DUPLICATE_LABEL_NAME")
            self._labels.add(state.label)
        if isinstance(state, Task) and state.resource:
            self._check_resource(state.resource, fields)

    def _check_resource(self, resource: str, fields: Fields) -> None:
        if resource.startswith("arn:") and (self._recognizes is None or self._recognizes(resource)):
            return
        words = "The value is not a valid resource ARN, or the resource is not available in this region."
        fields.error(f"The resource provided {resource} is not recognized. {words}", "Resource")


def _assigns(flow: dict[str, Any]) -> set[str]:
    """The names that the states of a flow assign, in themselves, their rules and their catchers."""
    names: set[str] = set()
    for state in flow.values():
        if not is_object(state):
            continue
        holders: list[Any] = [state]
        for field in ("Choices", "Catch"):
            inner = state.get(field)
            holders.extend(inner if is_array(inner) else ())
        for holder in holders:
            assign = holder.get("Assign") if is_object(holder) else None
            if is_object(assign):
                names |= {key.removesuffix(".$") for key in assign}
    return names


def _json(definition: str) -> dict[str, Any]:
    """The definition's object; a name that stands twice in an object is no JSON for AWS's parser."""
    code = "INVALID_JSON_DESCRIPTION"
    if not definition.strip():
        raise InvalidDefinition("The definition is empty", "MISSING_DESCRIPTION")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) != len(pairs):
            names = [name for name, _ in pairs]
            raise InvalidDefinition(f"Duplicate field '{next(name for name in names if names.count(name) > 1)}'", code)
        return fields

    def constant(text: str) -> Any:
        raise InvalidDefinition(f"Non-standard token '{text}'", code)

    try:
        data = json.loads(definition, object_pairs_hook=unique, parse_constant=constant)
    except (ValueError, UnicodeError) as broken:
        raise InvalidDefinition(str(broken), code) from None
    except RecursionError:
        raise InvalidDefinition("The states are too deeply nested", "TOO_DEEPLY_NESTED") from None
    if not is_object(data):
        raise InvalidDefinition("Expected a JSON object", code)
    if _levels(data) > LEVELS_MAX:
        raise InvalidDefinition("The states are too deeply nested", "TOO_DEEPLY_NESTED")
    return data


def _levels(data: Any) -> int:
    """How deep a JSON value is, without recursion."""
    level = 0
    here: list[Any] = [data]
    while here and level <= LEVELS_MAX:
        level += 1
        inner = [value.values() if is_object(value) else value for value in here]
        here = [child for children in inner for child in children if is_container(child)]
    return level
