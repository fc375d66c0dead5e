"""Where a distributed Map reads its items: the objects of a bucket, or a file in one.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
"""

from __future__ import annotations

import csv
import gzip
import inspect
import io
from collections.abc import Awaitable, Mapping
from typing import Any, Final, cast

import msgspec

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.stepfunctions.calling import Answer, Asked, Failure, Outcome, perform
from foulweather.services.stepfunctions.language.records import ItemReader, Scope
from foulweather.services.stepfunctions.running import Run

_DELIMITERS: Final = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
FAILED: Final = "States.ItemReaderFailed"


class Unreadable(AwsError):
    """A file that holds no items."""

    def __init__(self, message: str) -> None:
        super().__init__(FAILED, message)


def read(run: Run, reader: ItemReader, value: Any, scope: Scope) -> Awaitable[Outcome]:
    """Read the items, with the state machine's role."""
    arguments: dict[str, Any] = dict(reader.arguments(value, scope) or {})
    call, machine, role = run.call, run.execution.machine, run.revision.role

    async def ask(operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        outcome = perform(call, machine, role, "", Asked("s3", operation, request))
        found = await outcome if inspect.isawaitable(outcome) else outcome
        if isinstance(found, Failure):
            raise found.error
        return found.response

    async def carried_out() -> Outcome:
        try:
            return Answer({"Items": await _items(reader, arguments, ask)}, "")
        except AwsError as error:
            return Failure(error, "")

    return carried_out()


async def _items(reader: ItemReader, arguments: dict[str, Any], ask: Any) -> list[Any]:
    if reader.resource.endswith(":s3:listObjectsV2"):
        if reader.transformation == "LOAD_AND_FLATTEN":
            raise not_implemented("stepfunctions", "ItemReader.ReaderConfig.Transformation LOAD_AND_FLATTEN")
        return await _objects(arguments, ask)
    if reader.input_type in ("PARQUET", None) or reader.manifest_type == "ATHENA_DATA":
        raise not_implemented("stepfunctions", f"ItemReader.ReaderConfig.InputType {reader.input_type}")
    data = await _file(arguments, ask)
    if reader.input_type == "MANIFEST":
        return await _inventory(_json(data), ask)
    return parsed(reader, data)


def parsed(reader: ItemReader, data: bytes) -> list[Any]:
    """The items in a file of lines, or of an array."""
    if reader.input_type == "CSV":
        return _csv(reader, data)
    if reader.input_type == "JSONL":
        return [_json(line) for line in data.splitlines() if line.strip()]
    if reader.input_type != "JSON" or reader.resource.endswith(":s3:listObjectsV2"):
        raise not_implemented("stepfunctions", f"ItemReader.ReaderConfig.InputType {reader.input_type}")
    return _array(_json(data), reader.items_pointer)


async def _objects(arguments: dict[str, Any], ask: Any) -> list[Any]:
    """The objects under a prefix, each by what the listing says of it."""
    found: list[Any] = []
    request = dict(arguments)
    while True:
        page: Mapping[str, Any] = await ask("ListObjectsV2", request)
        for each in page.get("Contents") or ():
            found.append(
                {
                    "Etag": each["ETag"],
                    "Key": each["Key"],
                    "LastModified": each["LastModified"] // 1000,
                    "Size": each["Size"],
                    "StorageClass": each.get("StorageClass", "STANDARD"),
                }
            )
        if not page.get("NextContinuationToken"):
            return found
        request["ContinuationToken"] = page["NextContinuationToken"]


async def _file(arguments: dict[str, Any], ask: Any) -> bytes:
    found: Mapping[str, Any] = await ask("GetObject", arguments)
    data = bytes(found.get("Body") or b"")
    if str(arguments.get("Key", "")).endswith(".gz"):
        data = gzip.decompress(data)
    return data


def _json(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreadable("Attempting to read the file failed: it is not valid JSON.") from None


def _array(document: Any, pointer: str | None) -> list[Any]:
    for part in (pointer or "").split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        try:
            document = document[int(name) if isinstance(document, list) else name]
        except (KeyError, IndexError, ValueError, TypeError):
            raise Unreadable(f"The ItemsPointer {pointer} leads to nothing in the file.") from None
    if isinstance(document, dict):
        return [{"Key": key, "Value": each} for key, each in cast("dict[str, Any]", document).items()]
    if not isinstance(document, list):
        raise Unreadable("Attempting to map over non-iterable node.")
    return cast("list[Any]", document)


def _csv(reader: ItemReader, data: bytes) -> list[Any]:
    delimiter = _DELIMITERS.get(reader.csv_delimiter or "COMMA", ",")
    try:
        lines = [line for line in csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=delimiter) if line]
    except (UnicodeDecodeError, csv.Error):
        raise Unreadable("Attempting to read the file failed: it is not valid CSV.") from None
    names = list(reader.csv_headers)
    if (reader.csv_header_location or "FIRST_ROW") == "FIRST_ROW":
        names, lines = (lines[0], lines[1:]) if lines else ([], [])
    return [{name: line[at] if at < len(line) else "" for at, name in enumerate(names)} for line in lines]


async def _inventory(manifest: Any, ask: Any) -> list[Any]:
    """The objects of an S3 Inventory report."""
    if not isinstance(manifest, dict) or "fileSchema" not in manifest:
        raise Unreadable("The manifest is not one of S3 Inventory.")
    held = cast("dict[str, Any]", manifest)
    if held.get("fileFormat") != "CSV":
        raise not_implemented("stepfunctions", f"ItemReader manifest in {held.get('fileFormat')}")
    names = [each.strip() for each in str(held["fileSchema"]).split(",")]
    bucket = str(held["destinationBucket"]).rpartition(":")[2]
    found: list[Any] = []
    for each in held["files"]:
        data = await _file({"Bucket": bucket, "Key": each["key"]}, ask)
        for line in csv.reader(io.StringIO(data.decode())):
            if line:
                found.append(dict(zip(names, line, strict=False)))
    return found
