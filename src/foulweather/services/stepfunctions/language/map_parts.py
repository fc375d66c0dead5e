"""What only a distributed Map has: ItemReader, ItemBatcher, ResultWriter.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html, input-output-itembatcher.html,
input-output-resultwriter.html
"""

from __future__ import annotations

from foulweather.services.stepfunctions.language import dataflow, expressions, numbers
from foulweather.services.stepfunctions.language.findings import Fields
from foulweather.services.stepfunctions.language.records import ItemBatcher, ItemReader, Query, ResultWriter

COUNT_MAX = 100_000_000
BATCH_BYTES_MAX = 262_144
INPUT_TYPES = ("CSV", "JSON", "JSONL", "MANIFEST", "PARQUET")
DELIMITERS = ("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB")
READER_CONFIG = frozenset(
    {"InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "MaxItems", "ManifestType", "Transformation"}
    | {"ItemsPointer"}
)


def _call(fields: Fields, narrowed: Query) -> Query:
    """The parameters of the call that reads or writes: Parameters, or Arguments under JSONata."""
    if fields.is_jsonata:
        value = fields.data.get("Arguments", {})
        return fields.compiled("Arguments", lambda: expressions.query(value, fields.place + "Arguments"), dataflow.same)
    payload = dataflow.template(fields, "Parameters")
    return dataflow.same if payload is None else lambda document, scope: payload(narrowed(document, scope), scope)


def reader(fields: Fields, narrowed: Query) -> ItemReader | None:
    """The ItemReader of a Map."""
    inner = fields.inner("ItemReader")
    if inner is None:
        return None
    inner.allow(frozenset({"Resource", "ReaderConfig"}), frozenset({"Parameters"}), frozenset({"Arguments"}))
    inner.require("Resource")
    config = inner.inner("ReaderConfig")
    resource, arguments = inner.text("Resource") or "", _call(inner, narrowed)
    if config is None:
        if resource.endswith(":getObject"):
            inner.require("ReaderConfig")
        return ItemReader(resource, arguments, None)
    config.allow(READER_CONFIG, frozenset({"MaxItemsPath"}), frozenset())
    if resource.endswith(":getObject"):
        config.require("InputType")
    return _configured(resource, arguments, config, narrowed)


def _configured(resource: str, arguments: Query, config: Fields, narrowed: Query) -> ItemReader:
    kind, headers_at = config.text("InputType", INPUT_TYPES), config.text("CSVHeaderLocation", ("FIRST_ROW", "GIVEN"))
    if kind == "CSV":
        config.require("CSVHeaderLocation")
        if headers_at == "GIVEN":
            config.require("CSVHeaders")
    headers = config.array("CSVHeaders")
    if any(not isinstance(header, str) for header in headers):
        config.error("Expected value of type String", "CSVHeaders")
    return ItemReader(
        resource,
        arguments,
        input_type=kind,
        csv_header_location=headers_at,
        csv_headers=tuple(str(header) for header in headers),
        csv_delimiter=config.text("CSVDelimiter", DELIMITERS),
        manifest_type=config.text("ManifestType", ("ATHENA_DATA", "S3_INVENTORY")),
        transformation=config.text("Transformation", ("NONE", "LOAD_AND_FLATTEN")),
        items_pointer=config.text("ItemsPointer"),
        items_max=numbers.whole(config, "MaxItems", 0, COUNT_MAX, narrowed),
    )


def batcher(fields: Fields, narrowed: Query) -> ItemBatcher | None:
    """The ItemBatcher of a Map."""
    inner = fields.inner("ItemBatcher")
    if inner is None:
        return None
    inner.allow(
        frozenset({"MaxItemsPerBatch", "MaxInputBytesPerBatch", "BatchInput"}),
        frozenset({"MaxItemsPerBatchPath", "MaxInputBytesPerBatchPath"}),
        frozenset(),
    )
    limits = ("MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath")
    if not any(name in inner for name in limits):
        inner.error("These fields are required: [MaxItemsPerBatch]")
    return ItemBatcher(
        items_max=numbers.whole(inner, "MaxItemsPerBatch", 1, COUNT_MAX, narrowed),
        bytes_max=numbers.whole(inner, "MaxInputBytesPerBatch", 1, BATCH_BYTES_MAX, narrowed),
        batch_input=_batch_input(inner, narrowed),
    )


def _batch_input(inner: Fields, narrowed: Query) -> Query | None:
    if "BatchInput" not in inner:
        return None
    if inner.is_jsonata:
        value = inner.data["BatchInput"]
        return inner.compiled("BatchInput", lambda: expressions.query(value, inner.place + "BatchInput"), dataflow.same)
    payload = dataflow.template(inner, "BatchInput")
    return None if payload is None else lambda document, scope: payload(narrowed(document, scope), scope)


def writer(fields: Fields, narrowed: Query) -> ResultWriter | None:
    """The ResultWriter of a Map: to S3, or only a WriterConfig that shapes the result."""
    inner = fields.inner("ResultWriter")
    if inner is None:
        return None
    inner.allow(frozenset({"Resource", "WriterConfig"}), frozenset({"Parameters"}), frozenset({"Arguments"}))
    if "Resource" not in inner and "WriterConfig" not in inner:
        inner.require("Resource")
    config = inner.inner("WriterConfig")
    if config is not None:
        config.allow(frozenset({"Transformation", "OutputType"}), frozenset(), frozenset())
    given = "Parameters" in inner or "Arguments" in inner
    return ResultWriter(
        resource=inner.text("Resource"),
        arguments=_call(inner, narrowed) if given else None,
        transformation=None if config is None else config.text("Transformation", ("NONE", "COMPACT", "FLATTEN")),
        output_type=None if config is None else config.text("OutputType", ("JSON", "JSONL")),
    )
