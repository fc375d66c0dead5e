"""https://docs.aws.amazon.com/step-functions/latest/dg/state-map.html and state-map-distributed.html"""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.stepfunctions.language import context
from foulweather.services.stepfunctions.language.records import Map, Scope
from services.stepfunctions.language.spoken import failure, machine, said_of, scope, state

FLOW = machine({"I": {"Type": "Pass", "End": True}})
DISTRIBUTED: dict[str, Any] = {**FLOW, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}


def mapped(fields: dict[str, Any], language: str = "JSONPath", processor: dict[str, Any] = FLOW) -> Map:
    found = state({"Type": "Map", "ItemProcessor": processor, **fields}, language)
    assert isinstance(found, Map)
    return found


def item(index: int, value: Any, **more: Any) -> Scope:
    return context.with_item(scope(), index, value, **more)


def test_a_map_goes_over_its_input_by_default() -> None:
    found = mapped({})
    assert (found.mode, found.execution_type, found.processor.start_at) == ("INLINE", None, "I")
    assert found.items([1, 2], scope()) == [1, 2]
    assert found.item_input is None
    assert found.concurrency_max([], scope()) is None


def test_items_path_and_item_selector() -> None:
    fields = {
        "InputPath": "$.in",
        "ItemsPath": "$.list",
        "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "all.$": "$.other"},
        "MaxConcurrencyPath": "$.at_once",
    }
    found = mapped(fields)
    document = {"in": {"list": ["a", "b"], "other": 1, "at_once": 3}}
    assert found.items(document, scope()) == ["a", "b"]
    assert found.item_input is not None
    assert found.item_input(document, item(1, "b")) == {"i": 1, "v": "b", "all": 1}
    assert found.concurrency_max(document, scope()) == 3


def test_iterator_and_parameters_are_the_older_names() -> None:
    found = state({"Type": "Map", "Iterator": FLOW, "Parameters": {"v.$": "$$.Map.Item.Value"}, "MaxConcurrency": 2})
    assert found.item_input({}, item(0, 5)) == {"v": 5}
    assert found.finish({"a": 1}, [5], scope()).output == [5]
    assert found.concurrency_max({}, scope()) == 2


@pytest.mark.parametrize("value", [1, "text", None, True])
def test_items_must_be_an_array(value: Any) -> None:
    error = failure(lambda: mapped({"ItemsPath": "$.x"}).items({"x": value}, scope()))
    assert (error.error, error.cause) == ("States.Runtime", 'Reference path "$.x" must point to array.')


def test_items_in_jsonata() -> None:
    found = mapped(
        {"Items": "{% $states.input.list %}", "ItemSelector": {"v": "{% $states.context.Map.Item.Value %}"}}, "JSONata"
    )
    assert found.items({"list": [1, 2]}, scope()) == [1, 2]
    assert found.item_input is not None
    assert found.item_input({}, item(0, 7)) == {"v": 7}
    assert mapped({"Items": [1, "{% 1 + 1 %}"]}, "JSONata").items({}, scope()) == [1, 2]
    assert mapped({"Items": {"a": 1}}, "JSONata").items({}, scope()) == {"a": 1}
    error = failure(lambda: found.items({"list": "x"}, scope()))
    assert error.error == "States.QueryEvaluationError"
    assert "Expected 'array', but was 'string'" in error.cause


def test_an_objects_items_have_keys() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html#contextobject-map"""
    found = item(0, 1, key="a", source="STATE_DATA").context["Map"]
    assert found == {"Item": {"Index": 0, "Value": 1, "Key": "a", "Source": "STATE_DATA"}}
    assert item(0, 1).context["Execution"]["Id"] == "arn:execution"


def test_a_distributed_map_has_more() -> None:
    fields = {
        "Label": "mine",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {
                "InputType": "CSV",
                "CSVHeaderLocation": "GIVEN",
                "CSVHeaders": ["a", "b"],
                "CSVDelimiter": "PIPE",
                "MaxItemsPath": "$.max",
            },
            "Parameters": {"Bucket.$": "$.bucket", "Key": "k"},
        },
        "ItemBatcher": {
            "MaxItemsPerBatch": 10,
            "MaxInputBytesPerBatchPath": "$.bytes",
            "BatchInput": {"b.$": "$.bucket"},
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket.$": "$.bucket", "Prefix": "p"},
            "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"},
        },
        "ToleratedFailureCount": 3,
        "ToleratedFailurePercentagePath": "$.percent",
    }
    document = {"bucket": "B", "max": 5, "bytes": 1000, "percent": 12.5}
    found, seen = mapped(fields, processor=DISTRIBUTED), scope()
    assert (found.mode, found.execution_type, found.label) == ("DISTRIBUTED", "EXPRESS", "mine")
    reader, batcher, writer = found.item_reader, found.item_batcher, found.result_writer
    assert reader is not None
    assert (reader.input_type, reader.csv_headers, reader.csv_delimiter) == ("CSV", ("a", "b"), "PIPE")
    assert reader.arguments(document, seen) == {"Bucket": "B", "Key": "k"}
    assert reader.items_max is not None
    assert reader.items_max(document, seen) == 5
    assert batcher is not None
    assert (batcher.items_max(document, seen), batcher.bytes_max(document, seen)) == (10, 1000)
    assert batcher.batch_input is not None
    assert context.batch([1], batcher.batch_input(document, seen)) == {"BatchInput": {"b": "B"}, "Items": [1]}
    assert context.batch([1], None) == {"Items": [1]}
    assert writer is not None
    assert writer.arguments is not None
    assert (writer.arguments(document, seen), writer.output_type) == ({"Bucket": "B", "Prefix": "p"}, "JSONL")
    assert (found.tolerated_count(document, seen), found.tolerated_percentage(document, seen)) == (3, 12.5)


def test_a_distributed_map_in_jsonata() -> None:
    fields = {
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:listObjectsV2",
            "Arguments": {"Bucket": "{% $states.input.b %}"},
        },
        "ItemBatcher": {"MaxItemsPerBatch": "{% 1 + 1 %}"},
        "ToleratedFailurePercentage": "{% 12.5 %}",
    }
    found = mapped(fields, "JSONata", DISTRIBUTED)
    assert found.item_reader is not None
    assert found.item_reader.arguments({"b": "B"}, scope()) == {"Bucket": "B"}
    assert found.item_batcher is not None
    assert found.item_batcher.items_max({}, scope()) == 2
    assert found.tolerated_percentage({}, scope()) == 12.5


@pytest.mark.parametrize(
    ("fields", "processor", "place"),
    [
        ({"Label": "a"}, FLOW, "/States/S"),
        ({"ItemReader": {"Resource": "arn:x"}}, FLOW, "/States/S"),
        ({}, {**FLOW, "ProcessorConfig": {"Mode": "DISTRIBUTED"}}, "/States/S/ItemProcessor/ProcessorConfig"),
        ({}, {**FLOW, "ProcessorConfig": {"ExecutionType": "EXPRESS"}}, "/States/S/ItemProcessor/ProcessorConfig"),
        ({}, {**FLOW, "ProcessorConfig": {"Mode": "OTHER"}}, "/States/S/ItemProcessor/ProcessorConfig/Mode"),
        ({"ItemBatcher": {}}, DISTRIBUTED, "/States/S/ItemBatcher"),
        ({"ItemReader": {}}, DISTRIBUTED, "/States/S/ItemReader"),
        (
            {"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "CSV"}}},
            DISTRIBUTED,
            "/States/S/ItemReader/ReaderConfig",
        ),
        ({"ResultWriter": {}}, DISTRIBUTED, "/States/S/ResultWriter"),
        ({"ToleratedFailurePercentage": 101}, DISTRIBUTED, "/States/S/ToleratedFailurePercentage"),
        ({"MaxConcurrency": -1}, FLOW, "/States/S/MaxConcurrency"),
        ({"MaxConcurrency": 1, "MaxConcurrencyPath": "$.a"}, FLOW, "/States/S"),
        ({"ItemsPath": "$.a[*]"}, FLOW, "/States/S/ItemsPath"),
        ({"Iterator": FLOW}, FLOW, "/States/S"),
    ],
)
def test_a_map_that_cannot_be_right_is_refused(fields: dict[str, Any], processor: dict[str, Any], place: str) -> None:
    found = said_of({"Type": "Map", "End": True, "ItemProcessor": processor, **fields})
    assert place in [where for _, _, where in found]


@pytest.mark.parametrize("label", ["has blank", "a*b", "x" * 41, "", "semi;colon"])
def test_a_label_has_its_form(label: str) -> None:
    found = said_of({"Type": "Map", "End": True, "ItemProcessor": DISTRIBUTED, "Label": label})
    assert [(code, place) for code, _, place in found] == [("INVALID_LABEL_NAME", "/States/S/Label")]
