"""Map states, inline and distributed.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html, state-map-distributed.html
"""

from __future__ import annotations

import re
from typing import Any

from foulweather.services.stepfunctions.language import dataflow, expressions, handlers, numbers, paths, schema
from foulweather.services.stepfunctions.language.errors import InvalidDefinition, StatesError
from foulweather.services.stepfunctions.language.findings import Fields
from foulweather.services.stepfunctions.language.json_types import is_container
from foulweather.services.stepfunctions.language.map_parts import batcher, reader, writer
from foulweather.services.stepfunctions.language.records import (
    AnyState,
    Flow,
    Map,
    ProcessorMode,
    Query,
    Scope,
    WorkflowType,
)
from foulweather.services.stepfunctions.language.states import ReadFlow, known, transition

CONCURRENCY_MAX = 100_000_000
COUNT_MAX = 100_000_000
ITEMS_MAX_INLINE = 40

_LABEL = re.compile(r"[^\s?*<>{}\[\]\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]+")


def map_state(name: str, fields: Fields, read_flow: ReadFlow) -> AnyState:
    """A Map."""
    narrowed = dataflow.same if fields.is_jsonata else dataflow.path(fields, "InputPath")
    flow, mode, execution_type = processor(fields, read_flow)
    if mode == "INLINE":
        for field in schema.DISTRIBUTED_ONLY:
            if field in fields:
                fields.error(f"Field '{field}' is only supported in a Map whose Mode is DISTRIBUTED")
    return Map(
        **known(name, fields),
        next=transition(fields),
        processor=flow,
        mode=mode,
        execution_type=execution_type,
        label=label(fields),
        items=items(fields, narrowed),
        item_input=selector(fields, narrowed),
        concurrency_max=numbers.whole(fields, "MaxConcurrency", 0, CONCURRENCY_MAX, narrowed),
        tolerated_count=numbers.whole(fields, "ToleratedFailureCount", 0, COUNT_MAX, narrowed),
        tolerated_percentage=numbers.ratio(fields, "ToleratedFailurePercentage", 0, 100, narrowed),
        item_reader=reader(fields, narrowed),
        item_batcher=batcher(fields, narrowed),
        result_writer=writer(fields, narrowed),
        finish=dataflow.finish(without_parameters(fields), has_result=True, places_result=True),
        retry=handlers.retriers(fields),
        catch=handlers.catchers(fields),
    )


def without_parameters(fields: Fields) -> Fields:
    """A Map's Parameters are the older name of its ItemSelector, no arguments."""
    data = {name: value for name, value in fields.data.items() if name != "Parameters"}
    return Fields(data, fields.location, fields.language, fields.findings, fields.place)


def processor(fields: Fields, read_flow: ReadFlow) -> tuple[Flow, ProcessorMode, WorkflowType | None]:
    """What a Map runs for each item: ItemProcessor, or Iterator as it was called before."""
    nothing = Flow("", {})
    field = fields.one_of("ItemProcessor", "Iterator")
    if field is None:
        fields.error("These fields are required: [ItemProcessor]")
        return nothing, "INLINE", None
    inner = fields.inner(field)
    if inner is None:
        return nothing, "INLINE", None
    inner.allow(schema.PROCESSOR, frozenset(), frozenset())
    mode: ProcessorMode = "INLINE"
    execution_type: WorkflowType | None = None
    config = inner.inner("ProcessorConfig")
    if config is not None:
        config.allow(frozenset({"Mode", "ExecutionType"}), frozenset(), frozenset())
        if config.text("Mode", ("INLINE", "DISTRIBUTED")) == "DISTRIBUTED":
            mode = "DISTRIBUTED"
            config.require("ExecutionType")
        kind = config.text("ExecutionType", ("STANDARD", "EXPRESS"))
        execution_type = "EXPRESS" if kind == "EXPRESS" else "STANDARD" if kind == "STANDARD" else None
        if mode == "INLINE" and execution_type is not None:
            config.error("Field 'ExecutionType' is only supported in a Map whose Mode is DISTRIBUTED")
    return read_flow(inner), mode, execution_type


def label(fields: Fields) -> str | None:
    """The Label that is part of the Map Run's ARN."""
    text = fields.text("Label")
    if text is not None and (len(text) > schema.LABEL_MAX or _LABEL.fullmatch(text) is None):
        fields.error(f"Invalid Label: {text}", "Label", "INVALID_LABEL_NAME")
    return text


def items(fields: Fields, narrowed: Query) -> Query:
    """What a Map goes over: ItemsPath or Items, or the whole input."""
    if fields.is_jsonata:
        return _jsonata_items(fields)
    text = fields.text("ItemsPath")
    find = None if text in (None, "$") else fields.compiled("ItemsPath", lambda: _reference(text or "$"), None)

    def read(document: Any, scope: Scope) -> Any:
        seen = narrowed(document, scope)
        value = seen if find is None else find(seen, scope)
        if value is paths.MISSING:
            raise paths.not_found(text or "$", "ItemsPath", seen)
        if not is_container(value):
            raise StatesError("States.Runtime", f'Reference path "{text or "$"}" must point to array.', "ItemsPath")
        return value

    return read


def _reference(text: str) -> paths.Find:
    try:
        return paths.finder(text, reference=True)
    except InvalidDefinition:
        raise InvalidDefinition("The value for the field 'ItemsPath' must be a valid Reference Path") from None


def _jsonata_items(fields: Fields) -> Query:
    if "Items" not in fields:
        return lambda document, scope: _array(document)
    value = fields.data["Items"]
    if isinstance(value, str):
        return numbers.by_expression(fields, "Items", "array", is_container, lambda found: True)
    if not is_container(value):
        fields.error("Expected value of type Array", "Items")
    return fields.compiled("Items", lambda: expressions.query(value, fields.place + "Items"), dataflow.same)


def _array(document: Any) -> Any:
    if not is_container(document):
        raise StatesError("States.QueryEvaluationError", "Map state input must be an array but was not.", "Items")
    return document


def selector(fields: Fields, narrowed: Query) -> Query | None:
    """One iteration's input: ItemSelector, or Parameters as it was called before."""
    name = fields.one_of("ItemSelector", "Parameters")
    if name is None:
        return None
    if fields.is_jsonata:
        value = fields.data[name]
        return fields.compiled(name, lambda: expressions.query(value, fields.place + name), dataflow.same)
    payload = dataflow.template(fields, name)
    return None if payload is None else lambda document, scope: payload(narrowed(document, scope), scope)
