"""Records on their way through processors: a function, the extraction of partition keys, delimiters.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.firehose import (
    buffering,
    checking,
    delivering,
    limits,
    partitioning,
    prefixes,
    roles,
    unpacking,
)
from foulweather.services.firehose.records import Delivery, Row
from foulweather.services.firehose.state import FirehoseState, Live

PROCESSING = "processing-failed"
PARTITIONING = "partitioning-failed"
_RETRIED = ("TooManyRequestsException", "ServiceException", "EC2ThrottledException", "ThrottlingException")
_CODES = {
    "AccessDenied": (
        "Lambda.InvokeAccessDenied",
        "Access was denied. Ensure that the access policy allows access to the Lambda function.",
    ),
    "ResourceNotFoundException": ("Lambda.ResourceNotFound", "Cannot find the Lambda function that you specified."),
    "TooManyRequestsException": ("Lambda.InvokeLimitExceeded", "The Lambda concurrency limit is exceeded."),
}
_ORDER = (*unpacking.KINDS, "Lambda", "MetadataExtraction", "AppendDelimiterToRecord")
_FUNCTION_ERROR = "The Lambda function was successfully invoked but it returned an error result."


class _Failed(Exception):
    def __init__(self, code: str, message: str, why: Why, attempts: int = 1) -> None:
        super().__init__(message)
        self.code, self.message, self.why, self.attempts = code, message, why, attempts


async def transform(call: Call, state: FirehoseState, live: Live) -> None:
    """Take what waits through the processors, and on to the bucket's buffer."""
    stream, buffer = live.stream, live.buffers["in"]
    waiting = state.waiting(buffer)
    rows = [row for _, row in waiting]
    told = stream.destination
    for processor in sorted(checking.processors(told), key=_turn):
        kind, named = processor["Type"], checking.parameters(processor)
        if kind == "Lambda":
            rows = await _by_function(call, stream, named, rows)
        elif kind == "MetadataExtraction":
            rows = _extracted(call, named, rows)
        elif kind in unpacking.KINDS:
            rows = _unpacked(call, kind, named, rows)
        else:
            delimiter = named.get("Delimiter", "\\n").encode().decode("unicode_escape").encode()
            rows = [row if row.error else row._replace(data=row.data + delimiter) for row in rows]
    if state.live.get(stream.name) is not live:
        return
    if checking.partitioned(told):
        rows = _partitioned(call, state, live, rows)
    state.done(buffer, [place for place, _ in waiting])
    buffering.add(call, state, live, "out", rows)


def _turn(processor: Mapping[str, Any]) -> int:
    """When a processor has its turn, wherever it stands in the list.

    "deaggregation -> data transformation via Lambda -> Partitioning Keys": dynamic-partitioning-multirecord-
    deaggergation.html. Delimiters are added to what is delivered.
    """
    return _ORDER.index(processor["Type"])


async def _by_function(call: Call, stream: Delivery, named: Mapping[str, str], rows: list[Row]) -> list[Row]:
    sent = [row for row in rows if not row.error]
    kept = [row for row in rows if row.error]
    if not sent:
        return kept
    arn = named["LambdaArn"]
    try:
        answers = await _invoked(call, stream, named, sent)
        for answer in answers:
            _check_answer(arn, answer)
    except _Failed as failed:
        cause = f"{len(sent)} records of {stream.name} were not transformed by {arn}."
        why = Why("failed", cause, (call.fact(stream.arn, "LambdaArn", arn),), because=(failed.why,))
        call.explain("Transform", stream.arn, why, failed.code)
        call.happened("firehose.ProcessingFailed", stream.arn, records=len(sent), error=failed.code)
        more = {"invokedLambda": arn}
        await delivering.log(call, stream, stream.destination, arn, failed.code, failed.message, **more)
        return kept + [_refused(call, row, PROCESSING, failed, arn) for row in sent]
    done: list[Row] = []
    for row, answer in zip(sent, answers, strict=True):
        result = answer.get("result")
        if result == "Ok":
            done.append(_transformed(row, answer))
        elif result != "Dropped":
            message = "ProcessingFailed status set for record"
            failed = _Failed("Lambda.ProcessingFailedStatus", message, Why("failed", message))
            done.append(_refused(call, row, PROCESSING, failed, arn))
    call.happened("firehose.Processed", stream.arn, records=len(sent), kept=len(done))
    return kept + done


def _check_answer(arn: str, answer: Mapping[str, Any]) -> None:
    """A record that does not follow the status model fails the batch: Firehose cannot tell what the function meant."""
    metadata: Any = answer.get("metadata")
    keys: Any = cast("Mapping[str, Any]", metadata).get("partitionKeys") if isinstance(metadata, dict) else None
    problem = ""
    if answer.get("result") not in ("Ok", "Dropped", "ProcessingFailed"):
        problem = f"its result is {answer.get('result')!r}"
    elif answer["result"] == "Ok" and not isinstance(answer.get("data"), str):
        problem = "it is Ok and has no data"
    elif metadata is not None and not isinstance(metadata, dict):
        problem = "its metadata is no object"
    elif keys is not None and not isinstance(keys, dict):
        problem = "its partitionKeys are no object"
    elif answer["result"] == "Ok":
        try:
            base64.b64decode(answer["data"], validate=True)
        except ValueError:
            problem = "its data is not in base64"
    if problem:
        message = "There was an error parsing returned records from the Lambda function. Ensure that the returned "
        message += "records follow the status model required by Amazon Data Firehose."
        raise _Failed("Lambda.JsonProcessingException", message, _told(arn, f"{answer['recordId']}: {problem}"))


def _transformed(row: Row, answer: Mapping[str, Any]) -> Row:
    metadata: Mapping[str, Any] = answer.get("metadata") or {}
    keys: Mapping[str, Any] = metadata.get("partitionKeys") or {}
    told = {name: value if isinstance(value, str) else json.dumps(value) for name, value in keys.items()}
    return Row(row.at_ms, base64.b64decode(answer["data"]), "", {**row.keys, **told})


async def _invoked(call: Call, stream: Delivery, named: Mapping[str, str], rows: list[Row]) -> list[Mapping[str, Any]]:
    """What the function answers for each record, in their order; it is tried again where that may help."""
    ids = [f"{call.world.ids.digits(56)}000000" for _ in rows]
    event: dict[str, Any] = {
        "invocationId": call.world.ids.uuid(),
        "deliveryStreamArn": stream.arn,
        "region": stream.region,
        "records": [
            {
                "recordId": record_id,
                "approximateArrivalTimestamp": row.at_ms,
                "data": base64.b64encode(row.data).decode(),
            }
            for record_id, row in zip(ids, rows, strict=True)
        ],
    }
    if stream.source_arn:
        event["sourceKinesisStreamArn"] = stream.source_arn
    request = {
        "FunctionName": named["LambdaArn"],
        "InvocationType": "RequestResponse",
        "Payload": json.dumps(event).encode(),
    }
    retries = int(named.get("NumberOfRetries", limits.LAMBDA_RETRIES))
    for attempt in range(retries + 1):
        try:
            ports = await roles.acting(call, stream, named.get("RoleArn") or stream.destination["RoleARN"])
            answer = await roles.answered(ports.lambda_.invoke(request))
        except AwsError as error:
            if error.code in _RETRIED and attempt < retries:
                continue
            code = "AccessDenied" if error.code == "AccessDeniedException" else error.code
            known, message = _CODES.get(code, (f"Lambda.{error.code}", error.message))
            raise _Failed(known, message, error.why, attempt + 1) from error
        if answer.get("FunctionError"):
            fact = Fact(named["LambdaArn"], "FunctionError", answer["FunctionError"])
            raise _Failed("Lambda.FunctionError", _FUNCTION_ERROR, Why("failed", _FUNCTION_ERROR, (fact,)), attempt + 1)
        return _matched(named["LambdaArn"], ids, answer["Payload"])
    raise AssertionError("the last attempt returns or raises")


def _matched(arn: str, ids: list[str], payload: bytes) -> list[Mapping[str, Any]]:
    """The answers in the order of the records; an answer that does not fit fails the whole batch."""
    try:
        found: Any = json.loads(payload)
        records = cast("list[Mapping[str, Any]]", found["records"])
        by_id = {str(each["recordId"]): each for each in records}
    except (ValueError, KeyError, TypeError):
        message = "There was an error parsing the response from the Lambda function: it is no JSON with records."
        raise _Failed("Lambda.JsonProcessingException", message, _told(arn, message)) from None
    if len(by_id) < len(records):
        message = "Multiple records were returned with the same record ID."
        raise _Failed("Lambda.DuplicatedRecordId", message, _told(arn, message))
    if any(each not in by_id for each in ids):
        message = "One or more record Ids were not returned."
        raise _Failed("Lambda.MissingRecordId", message, _told(arn, message))
    return [by_id[each] for each in ids]


def _told(arn: str, message: str) -> Why:
    return Why("failed", message, (Fact(arn, "response", message),))


def _extracted(call: Call, named: Mapping[str, str], rows: list[Row]) -> list[Row]:
    wanted = partitioning.parsed(named["MetadataExtractionQuery"])
    done: list[Row] = []
    for row in rows:
        if row.error:
            done.append(row)
            continue
        keys = partitioning.extracted(wanted, row.data)
        if keys is None:
            message = "Non JSON record provided, or a partition key is missing in it."
            failed = _Failed("DynamicPartitioning.MetadataExtractionFailed", message, Why("failed", message))
            done.append(_refused(call, row, PROCESSING, failed))
        else:
            done.append(row._replace(keys={**row.keys, **keys}))
    return done


def _unpacked(call: Call, kind: str, named: Mapping[str, str], rows: list[Row]) -> list[Row]:
    done: list[Row] = []
    for row in rows:
        if row.error:
            done.append(row)
            continue
        try:
            done += [row._replace(data=each) for each in unpacking.unpacked(kind, named, row.data)]
        except unpacking.Unreadable as error:
            failed = _Failed(f"{kind}.Failed", str(error), Why("failed", str(error)))
            where = unpacking.DECOMPRESSION if kind == "Decompression" else PROCESSING
            done.append(_refused(call, row, where, failed))
    return done


def _partitioned(call: Call, state: FirehoseState, live: Live, rows: list[Row]) -> list[Row]:
    """Refuse records without a partition, and those of more partitions than a stream may have open."""
    names = prefixes.partition_names(live.stream.destination.get("Prefix", ""))
    waiting = state.waiting(live.buffers["out"])
    active = {tuple(row.keys.get(name, "") for name in names) for _, row in waiting if not row.error}
    done: list[Row] = []
    for row in rows:
        place = tuple(row.keys.get(name, "") for name in names)
        if row.error:
            done.append(row)
        elif not all(place):
            message = "partitionKeys values must not be null or empty"
            failed = _Failed("DynamicPartitioning.PartitionKeyMissing", message, Why("failed", message))
            done.append(_refused(call, row, PARTITIONING, failed))
        elif place not in active and len(active) >= limits.PARTITIONS_MAX:
            message = f"The limit of {limits.PARTITIONS_MAX} active partitions was exceeded."
            failed = _Failed("DynamicPartitioning.ActivePartitionsLimitExceeded", message, Why("failed", message))
            call.happened("firehose.PartitionCountExceeded", live.stream.arn, partitions=len(active))
            done.append(_refused(call, row, PARTITIONING, failed))
        else:
            active.add(place)
            done.append(row)
    return done


def _refused(call: Call, row: Row, kind: str, failed: _Failed, arn: str = "") -> Row:
    """The document that is delivered of a record that could not be processed."""
    document: dict[str, Any] = {
        "attemptsMade": failed.attempts,
        "arrivalTimestamp": row.at_ms,
        "errorCode": failed.code,
        "errorMessage": failed.message,
        "attemptEndingTimestamp": call.now,
        "rawData": base64.b64encode(row.data).decode(),
    }
    if arn:
        document["lambdaArn"] = arn
    return Row(row.at_ms, json.dumps(document).encode() + b"\n", kind)
