"""Where a distributed Map writes its results: files in a bucket, and a manifest of them.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable
from typing import Any, cast

from foulweather.kernel.errors import AwsError
from foulweather.services.stepfunctions import batching, jobs
from foulweather.services.stepfunctions.calling import Answer, Asked, Failure, Outcome, perform
from foulweather.services.stepfunctions.language.records import Map, ResultWriter
from foulweather.services.stepfunctions.records import Execution, MapItem, MapRun
from foulweather.services.stepfunctions.running import Run, decode, encode, encoded


def write(run: Run, found: MapRun, state: Map) -> Awaitable[Outcome]:
    """Write what came of a Map Run's executions, with the state machine's role."""
    call, machine, role = run.call, run.execution.machine, run.revision.role
    where: dict[str, Any] = decode(found.writer) or {}
    bucket, prefix = str(where.get("Bucket") or ""), str(where.get("Prefix") or "").strip("/")
    folder = f"{prefix}/{found.arn.rpartition(':')[2]}" if prefix else found.arn.rpartition(":")[2]
    writer = cast(ResultWriter, state.result_writer)
    suffix = "jsonl" if writer.output_type == "JSONL" else "json"

    async def put(key: str, data: bytes) -> dict[str, Any]:
        asked = Asked("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": data})
        outcome = perform(call, machine, role, "", asked)
        answer = await outcome if inspect.isawaitable(outcome) else outcome
        if isinstance(answer, Failure):
            raise answer.error
        return {"Key": key, "Size": len(data)}

    async def carried_out() -> Outcome:
        files: dict[str, list[dict[str, Any]]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
        try:
            for kind, items in _sorted(run, found).items():
                if items:
                    told = _told(run, items, writer)
                    data = b"\n".join(map(encoded, told)) if suffix == "jsonl" else encoded(told)
                    files[kind].append(await put(f"{folder}/{kind}_0.{suffix}", data))
            manifest = {"DestinationBucket": bucket, "MapRunArn": found.arn, "ResultFiles": files}
            await put(f"{folder}/manifest.json", encode(manifest).encode())
        except AwsError as error:
            return Failure(error, "")
        details = {"Bucket": bucket, "Key": f"{folder}/manifest.json"}
        return Answer({"Details": {"MapRunArn": found.arn, "ResultWriterDetails": details}}, "")

    return carried_out()


def _sorted(run: Run, found: MapRun) -> dict[str, list[MapItem]]:
    kinds: dict[str, list[MapItem]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    for item in batching.items(run.state, found):
        kind = "SUCCEEDED" if item.status == "SUCCEEDED" else "FAILED" if item.status else "PENDING"
        kinds[kind].append(item)
    return kinds


def _told(run: Run, items: list[MapItem], writer: ResultWriter) -> list[Any]:
    if writer.transformation in ("COMPACT", "FLATTEN") and items[0].status == "SUCCEEDED":
        outputs = [decode(each.output) if each.output is not None else None for each in items]
        return batching.flattened(outputs) if writer.transformation == "FLATTEN" else outputs
    return [_described(run.state.executions.get(each.execution), each) for each in items]


def _described(execution: Execution | None, item: MapItem) -> dict[str, Any]:
    if execution is None:
        return {"Input": item.input, "InputDetails": {"Included": True}, "Status": item.status or "PENDING"}
    return {**jobs.describe(execution, parses=False), "RedriveCount": execution.redrives}
