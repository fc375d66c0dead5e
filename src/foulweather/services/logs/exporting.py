"""How an export writes: a gzip file for each stream, as the service, which the bucket's policy must let in.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasksConsole.html
"""

from __future__ import annotations

import gzip
import inspect
from datetime import UTC, datetime
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Why
from foulweather.services.logs.scanning import TIME_SHIFT, Scan
from foulweather.services.logs.state import ExportTask, LogGroup, LogsState, LogStream

# AWS tells no durations: an export waits, then runs, long enough to be seen and to be cancelled.
PENDING_MS: Final = 1_000
RUNNING_MS: Final = 4_000
_CHECK: Final = "aws-logs-write-test"
_TESTED: Final = b"Permission Check Successful"


def _s3(call: Call, group: LogGroup) -> Any:
    ports: Ports = call.acting_as(f"logs.{call.region}.amazonaws.com", source_arn=group.arn)
    return ports.s3


async def _done(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer


async def check_bucket(call: Call, group: LogGroup, task: ExportTask) -> None:
    """Look at the bucket's ACL and write a test object, as CloudWatch Logs does before it takes an export."""
    s3 = _s3(call, group)
    body = {"Bucket": task.bucket, "Key": f"{task.key_prefix}/{_CHECK}", "Body": _TESTED}
    for name, operation, request in (
        ("GetBucketAcl", "get_bucket_acl", {"Bucket": task.bucket}),
        ("PutObject", "put_object", body),
    ):
        try:
            await _done(getattr(s3, operation)(request))
        except AwsError as error:
            if error.code == "NoSuchBucket":
                raise _refusal(
                    "The given bucket does not exist. Please check if the bucket name is correct.", error
                ) from error
            words = (
                f"{name} call on the given bucket failed. Please check if CloudWatch Logs has been granted permission "
                "to perform this operation."
            )
            raise _refusal(words, error) from error


def _refusal(message: str, error: AwsError) -> AwsError:
    return AwsError("InvalidParameterException", message, why=Why("refused", message, because=(error.why,)))


async def run(call: Call, task: ExportTask) -> None:
    """Write the files of an export, and say how it ended."""
    state = call.state(LogsState)
    group = state.groups.get(task.group)
    if group is None:
        _end(call, task, "FAILED", "The specified log group does not exist.")
        return
    streams = [each for name, each in state.streams_of[group.name].items() if name.startswith(task.prefix)]
    try:
        for stream in sorted(streams, key=lambda each: each.name):
            body = _lines(state, stream, task)
            if body:
                name = stream.name.replace("/", "-")
                key = f"{task.key_prefix}/{task.id}/{name}/000000.gz"
                packed = gzip.compress(body, 6, mtime=0)
                await _done(_s3(call, group).put_object({"Bucket": task.bucket, "Key": key, "Body": packed}))
                if task.status != "RUNNING":
                    return
    except AwsError as error:
        call.explain("ExportTask", group.arn, error.why, error.code)
        _end(call, task, "FAILED", f"PutObject call on the given bucket failed: {error.code}")
        return
    _end(call, task, "COMPLETED", "Completed successfully")


def _lines(state: LogsState, stream: LogStream, task: ExportTask) -> bytes:
    """A stream's events as an export has them: each with its time before it, masked."""
    low, high = task.from_ms << TIME_SHIFT, (task.to_ms + 1) << TIME_SHIFT
    scan = Scan({stream.number: state.storage(stream)}, low, high)
    return "".join([f"{_iso(event.time_ms)} {event.masked}\n" for event in scan.forward()]).encode()


def _iso(at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def _end(call: Call, task: ExportTask, status: str, message: str) -> None:
    state = call.state(LogsState)
    task.status, task.message, task.completed_ms = status, message, call.world.clock.now_ms
    state.exports.touch(task.id)
    call.happened("logs.ExportTaskEnded", call.arn("logs", f"log-group:{task.group}"), task=task.id, status=status)
