"""botocore's protocol vectors, run backwards: its requests are our decode, its responses our encode.

The vectors are botocore's tests/unit/protocols (Apache-2.0) and not part of this repository: name that
folder in BOTOCORE_PROTOCOL_VECTORS. The folder's `legacy` vectors are run too.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import HeadersDict
from botocore.model import NoShapeFoundError
from botocore.model import OperationModel as BotocoreOperation
from botocore.model import ServiceModel as BotocoreService
from botocore.parsers import PROTOCOL_PARSERS

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.model import ServiceModel, Shape
from foulweather.wire.codec import service_codec
from foulweather.wire.rest_paths import RestPaths

FOLDER = os.environ.get("BOTOCORE_PROTOCOL_VECTORS", "")
pytestmark = pytest.mark.skipif(
    not Path(FOLDER, "input").is_dir(),
    reason="BOTOCORE_PROTOCOL_VECTORS does not name botocore's tests/unit/protocols",
)


NOT_SENT = "the client sends nothing for an empty list or map"
FILLED = "the client fills the idempotency token in"
COMPRESSED = "the vector has headers only, no compressed body"
MAP_REPEATS = "the vector's map repeats the parameters that have members of their own; AWS's models want the rest"
EMPTY_STRUCTURE = "the client sends an empty structure for an absent one"
BOTOCORE = "botocore reads or writes this one otherwise: it is on its own list of vectors to ignore"
CLIENT_ONLY = "what a client makes of a member that its model does not know"
STATUS = "the status is the query protocol's alone, which botocore's models do not tell apart"
ABSENT_BLOB = "botocore gives an absent blob payload as an empty one"

KNOWN = {
    "ec2-SDKAppliedContentEncoding_ec2Query": COMPRESSED,
    "ec2-SDKAppendsGzipAndIgnoresHttpProvidedEncoding_ec2Query": COMPRESSED,
    "ec2-Ec2ProtocolIdempotencyTokenAutoFill": FILLED,
    "ec2-Ec2EmptyQueryLists": NOT_SENT,
    "json-SDKAppliedContentEncoding_awsJson1_1": COMPRESSED,
    "json-SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1": COMPRESSED,
    "json_1_0-SDKAppliedContentEncoding_awsJson1_0": COMPRESSED,
    "json_1_0-SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0": COMPRESSED,
    "query-SDKAppliedContentEncoding_awsQuery": COMPRESSED,
    "query-SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery": COMPRESSED,
    "query-QueryProtocolIdempotencyTokenAutoFill": FILLED,
    "query-QueryEmptyQueryMaps": NOT_SENT,
    "rest-json-RestJsonAllQueryStringTypes": MAP_REPEATS,
    "rest-json-RestJsonQueryStringEscaping": MAP_REPEATS,
    "rest-json-RestJsonSupportsNaNFloatQueryValues": MAP_REPEATS,
    "rest-json-RestJsonSupportsInfinityFloatQueryValues": MAP_REPEATS,
    "rest-json-RestJsonSupportsNegativeInfinityFloatQueryValues": MAP_REPEATS,
    "rest-json-RestJsonZeroAndFalseQueryValues": MAP_REPEATS,
    "rest-json-RestJsonHostWithPath": "the endpoint's own path is no part of the model",
    "rest-json-RestJsonHttpPrefixHeadersAreNotPresent": NOT_SENT,
    "rest-json-MediaTypeHeaderInputBase64": BOTOCORE,
    "rest-json-RestJsonOmitsEmptyListQueryValues": NOT_SENT,
    "rest-json-SDKAppliedContentEncoding_restJson1": COMPRESSED,
    "rest-json-SDKAppendedGzipAfterProvidedEncoding_restJson1": COMPRESSED,
    "rest-json-RestJsonQueryIdempotencyTokenAutoFill": FILLED,
    "rest-json-RestJsonQueryPrecedence": BOTOCORE,
    "rest-json-RestJsonHttpWithEmptyStructurePayload": EMPTY_STRUCTURE,
    "rest-json-RestJsonHttpWithHeadersButNoPayload": EMPTY_STRUCTURE,
    "rest-xml-HttpPrefixHeadersAreNotPresent": NOT_SENT,
    "rest-xml-SDKAppliedContentEncoding_restXml": COMPRESSED,
    "rest-xml-SDKAppendedGzipAfterProvidedEncoding_restXml": COMPRESSED,
    "rest-xml-QueryIdempotencyTokenAutoFill": FILLED,
    "rest-xml-RestXmlQueryPrecedence": BOTOCORE,
    "legacy-ec2-8-1": FILLED,
    "legacy-json-6-1": FILLED,
    "legacy-query-12-1": FILLED,
    "legacy-rest-json-13-1": EMPTY_STRUCTURE,
    "legacy-rest-json-19-1": FILLED,
    "legacy-rest-json-25-2": EMPTY_STRUCTURE,
    "legacy-rest-json-25-4": EMPTY_STRUCTURE,
    "legacy-rest-json-25-7": "the client adds a content type",
    "legacy-rest-json-26-1": NOT_SENT,
    "legacy-rest-xml-23-1": FILLED,
    "legacy-rest-xml-26-1": NOT_SENT,
}
KNOWN_RESULTS = {
    "ec2-Ec2XmlLists": BOTOCORE,
    "query-QueryXmlLists": BOTOCORE,
    "rest-json-RestJsonHttpPayloadTraitsWithNoBlobBody": ABSENT_BLOB,
    "rest-json-RestJsonHttpPayloadWithUnsetUnion": BOTOCORE,
    "rest-json-RestJsonInputAndOutputWithQuotedStringHeaders": BOTOCORE,
    "rest-json-RestJsonInputAndOutputWithTimestampHeaders": BOTOCORE,
    "rest-xml-HttpPayloadTraitsWithNoBlobBody": ABSENT_BLOB,
    "rest-xml-RestXmlHttpPayloadWithUnsetUnion": BOTOCORE,
    "rest-xml-InputAndOutputWithTimestampHeaders": BOTOCORE,
    "rest-xml-XmlLists": BOTOCORE,
    "legacy-rest-json-17-2": CLIENT_ONLY,
    "legacy-rest-xml-16-2": CLIENT_ONLY,
    "json_1_0-query-compatible-QueryCompatibleAwsJson10CustomCodeError": STATUS,
    "smithy-rpc-v2-cbor-query-compatible-QueryCompatibleRpcV2CborCustomCodeError": STATUS,
}
"""The vectors that cannot pass backwards, and why; one that passes after all fails the test."""


def cases(direction: str) -> list[Any]:
    found: list[Any] = []
    if not FOLDER:
        return found
    for file in [
        *sorted(Path(FOLDER, direction).glob("*.json")),
        *sorted(Path(FOLDER, "legacy", direction).glob("*.json")),
    ]:
        legacy = "legacy-" if file.parent.parent.name == "legacy" else ""
        for suite_index, suite in enumerate(json.loads(file.read_text())):
            for case_index, case in enumerate(suite["cases"]):
                name = case.get("id") or f"{suite_index}-{case_index}"
                identity = f"{legacy}{file.stem}-{name}"
                reason = (KNOWN if direction == "input" else KNOWN_RESULTS).get(identity)
                marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
                found.append(pytest.param(suite, case, id=identity, marks=marks))
    return found


def model_of(suite: dict[str, Any], case: dict[str, Any]) -> tuple[ServiceModel, str]:
    given = dict(case["given"])
    name = given.setdefault("name", "OperationName")
    given.setdefault("http", {"method": "POST", "requestUri": "/"})
    metadata = dict(suite["metadata"])
    metadata.setdefault("protocols", [metadata["protocol"]])
    metadata.setdefault("endpointPrefix", "vectors")
    metadata.setdefault("apiVersion", "2014-01-01")
    raw = {"metadata": metadata, "operations": {name: given}, "shapes": suite["shapes"]}
    return ServiceModel("vectors", raw), name


def as_ours(shape: Shape | None, value: Any) -> Any:
    """A vector's value as this project holds it: blobs as bytes, timestamps in milliseconds."""
    if shape is None or value is None or shape.is_document:
        return value
    if shape.type == "structure":
        return {name: as_ours(shape.members[name], held) for name, held in value.items()}
    if shape.type == "list":
        return [as_ours(shape.member, held) for held in value]
    if shape.type == "map":
        return {key: as_ours(shape.value, held) for key, held in value.items()}
    if shape.type == "timestamp":
        return round(value * 1000) if isinstance(value, int | float) else value
    if shape.type == "blob" and isinstance(value, str):
        return value.encode()
    if shape.type in ("float", "double"):
        return float(value)
    return value


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_none(held) for key, held in value.items() if held is not None}
    return value


def comparable(value: Any) -> Any:
    """NaN equals itself here."""
    if isinstance(value, dict):
        return {key: comparable(held) for key, held in value.items()}
    if isinstance(value, list):
        return [comparable(held) for held in value]
    return "NaN" if isinstance(value, float) and value != value else value


@pytest.mark.parametrize(("suite", "case"), cases("input"))
def test_a_request_is_decoded_to_its_parameters(suite: dict[str, Any], case: dict[str, Any]) -> None:
    model, name = model_of(suite, case)
    operation = model.operation(name)
    protocol = suite["metadata"]["protocol"]
    sent = case["serialized"]
    uri = sent.get("uri") or "/"
    path, _, query = uri.partition("?")
    body = sent.get("body", "")
    raw = base64.b64decode(body) if protocol.endswith("cbor") else body.encode()
    headers = [(key, value) for key, value in sent.get("headers", {}).items()]
    method = sent.get("method") or operation.http["method"]
    request = HttpRequest(method, path, query, headers, raw)
    labels: dict[str, str] = {}
    if protocol.startswith("rest"):
        matched = RestPaths(model).match(method, path, query, request.header)
        assert matched is not None
        assert matched[0] == name
        labels = matched[1]
    decoded = service_codec(model, protocol).operation(operation).decode(request, labels)
    expected = without_none(as_ours(operation.input, case.get("params", {})))
    assert comparable(decoded) == comparable(expected)


class Stream:
    """What botocore's event stream reads from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self) -> Any:
        yield self._data


async def drained(stream: Any) -> bytes:
    return b"".join([chunk async for chunk in stream])


def parsed(suite: dict[str, Any], case: dict[str, Any], response: Any) -> tuple[Any, Any, Any]:
    """What botocore makes of our response; its own way of reading its vectors."""
    name = case["given"].get("name", "OperationName")
    description = {**suite, "operations": {name: case["given"]}}
    service = BotocoreService(description)
    operation = BotocoreOperation(case["given"], service)
    body: Any = response.body
    if response.stream is not None:
        body = Stream(asyncio.run(drained(response.stream)))
    raw = {
        "status_code": response.status,
        "headers": HeadersDict(response.headers),
        "body": body,
        "context": {"operation_name": name},
    }
    protocol = suite["metadata"]["protocol"]
    parser = PROTOCOL_PARSERS[protocol](timestamp_parser=seconds)
    shape = operation.output_shape
    if protocol == "query" and shape is not None and "error" not in case:
        shape.serialization.setdefault("resultWrapper", f"{name}Result")
    return parser, raw, service if "error" in case else shape


def seconds(value: Any) -> float:
    from botocore.utils import parse_timestamp

    return parse_timestamp(value).timestamp()


def as_expected(value: Any) -> Any:
    """botocore's values as the vectors write them."""
    if isinstance(value, dict):
        return {key: as_expected(held) for key, held in value.items()}
    if isinstance(value, list):
        return [as_expected(held) for held in value]
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value


async def iterated(events: list[Any]) -> Any:
    for event in events:
        ((name, members),) = event.items()
        yield name, members


@pytest.mark.parametrize(("suite", "case"), [each for each in cases("output") if "error" not in each.values[1]])
def test_a_result_is_encoded_so_that_botocore_reads_it(suite: dict[str, Any], case: dict[str, Any]) -> None:
    model, name = model_of(suite, case)
    operation = model.operation(name)
    expected = case["result"]
    stream = operation.output and next(
        (member for member, shape in operation.output.members.items() if shape.trait("eventstream")), None
    )
    if stream and stream in expected:
        shape = operation.output.members[stream]
        events = [as_ours(shape, event) for event in expected[stream]]
        rest = {name: value for name, value in expected.items() if name != stream}
        result = {**as_ours(operation.output, rest), stream: iterated(events)}
    else:
        result = as_ours(operation.output, without_none(expected)) if operation.output else {}
    response = service_codec(model, suite["metadata"]["protocol"]).operation(operation).encode(result, "rid")
    parser, raw, shape = parsed(suite, case, response)
    found = parser.parse(raw, shape)
    found.pop("ResponseMetadata", None)
    for headers in ("prefixHeaders", "AllHeaders", "PrefixedHeaders"):
        for ours in ("x-amzn-RequestId", "amzn-RequestId"):
            found.get(headers, {}).pop(ours, None)
    for member, value in found.items():
        if type(value).__name__ == "EventStream":
            found[member] = list(value)
    assert comparable(as_expected(found)) == comparable(expected)
    wanted_status = case["response"].get("status_code", 200)
    assert response.status == wanted_status


@pytest.mark.parametrize(("suite", "case"), [each for each in cases("output") if "error" in each.values[1]])
def test_a_refusal_is_encoded_so_that_botocore_reads_it(suite: dict[str, Any], case: dict[str, Any]) -> None:
    model, _ = model_of(suite, case)
    code = case.get("errorCode", "")
    shapes = {s.trait("error", {}).get("code", name): s for name, s in model.error_shapes.items()}
    shape = model.error_shapes.get(code) or shapes.get(code)
    members = as_ours(shape, case["error"]) if shape else case["error"]
    message = case.get("errorMessage", "")
    error = AwsError(
        code,
        message,
        case["response"]["status_code"],
        members={key: value for key, value in members.items() if key.lower() != "message"},
    )
    response = service_codec(model, suite["metadata"]["protocol"]).errors().encode(error, "rid")
    parser, raw, service = parsed(suite, case, response)
    found = parser.parse(raw, None)
    try:
        error_shape = service.shape_for_error_code(found["Error"]["Code"])
    except NoShapeFoundError:
        error_shape = None
    modelled = parser.parse(raw, error_shape) if error_shape is not None else {}
    assert found["Error"]["Code"] == code
    assert (found["Error"]["Message"] or "") == message
    modelled.pop("ResponseMetadata", None)
    assert as_expected(modelled) == {**case["error"], **{k: v for k, v in modelled.items() if k.lower() == "message"}}
    assert response.status == case["response"]["status_code"]
