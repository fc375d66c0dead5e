"""What batch jobs do by themselves: read their manifest, work through it, report.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-job-status.html
"""

from __future__ import annotations

import csv
import hashlib
import inspect
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Credentials
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.services.s3.accounts import Job, S3ControlState
from foulweather.services.s3.control.tasks import Task, carry_out

SERVICE = "batchoperations.s3.amazonaws.com"
# "If the job fails more than 50% of the operations after 1,000 operations have been attempted, the job fails"
# (batch-ops-job-status-failure).
TRIED_MIN = 1000
SCHEMA = "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage"


class Outcome(NamedTuple):
    """How one task ended; `code` is empty where it succeeded."""

    task: Task
    code: str
    status: int
    message: str

    def row(self) -> list[str]:
        """Its line in the report."""
        ended = "failed" if self.code else "succeeded"
        return [*self.task, ended, self.code, str(self.status), self.message]


async def prepare_job(call: Call, job: str) -> None:
    """Read a job's manifest; run it, or wait for its confirmation."""
    state = call.state(S3ControlState)
    row = state.jobs.get(job)
    if row is None or row.status != "New":
        return
    try:
        row.tasks = len(await _manifest(call, await _as_role(call, row), row))
    except AwsError as error:
        _fail(call, row, error.code, error.message)
        return
    row.status = "Suspended" if row.request.get("ConfirmationRequired") else "Ready"
    if row.status == "Suspended":
        row.suspended_ms = call.now
    else:
        call.later(call.now, "s3control.run_job", job=job)
    state.jobs.touch(job)


async def run_job(call: Call, job: str) -> None:
    """Work through a job's manifest, and report."""
    state = call.state(S3ControlState)
    row = state.jobs.get(job)
    if row is None or row.status not in ("Ready", "Active"):  # an active one was broken off: it begins anew
        return
    row.status, row.active_ms, row.succeeded, row.failed = "Active", call.now, 0, 0
    state.jobs.touch(job)
    outcomes: list[Outcome] = []
    try:
        ports = await _as_role(call, row)
        for task in await _manifest(call, ports, row):
            outcomes.append(await _tried(ports, row, task))
            row.failed += bool(outcomes[-1].code)
            row.succeeded += not outcomes[-1].code
            state.jobs.touch(job)
            if row.status != "Active":  # cancelled meanwhile
                break
            if len(outcomes) >= TRIED_MIN and row.failed * 2 > len(outcomes):
                _fail(call, row, "JobFailureRateExceeded", "More than half of the job's tasks failed.")
                break
        await _report(call, ports, row, outcomes)
    except AwsError as error:
        _fail(call, row, error.code, error.message)
        return
    if row.status == "Active":
        row.status, row.ended_ms = "Complete", call.now
    state.jobs.touch(job)
    call.happened(
        "s3control.JobEnded", row.arn, status=row.status, tasks=row.tasks, succeeded=row.succeeded, failed=row.failed
    )


async def _tried(ports: Ports, job: Job, task: Task) -> Outcome:
    ((name, given),) = job.request["Operation"].items()
    try:
        await carry_out(ports, name, task, given)
    except AwsError as error:
        return Outcome(task, error.code, error.status, error.message)
    return Outcome(task, "", 200, "Successful")


async def _as_role(call: Call, job: Job) -> Ports:
    """S3 as the role of the job, which must trust the service."""
    role = job.request["RoleArn"]
    service = call.acting_as(SERVICE, source_arn=job.arn, source_account=job.account, account=role.split(":")[4])
    given: Any = service.sts.assume_role({"RoleArn": role, "RoleSessionName": f"s3-batch-{job.id}"[:64]})
    given = await given if inspect.isawaitable(given) else given
    held = call.state(Credentials).by_id[given["Credentials"]["AccessKeyId"]]
    return call.acting_as(held.principal, session=held.session, account=held.account)


async def _manifest(call: Call, ports: Ports, job: Job) -> list[Task]:
    manifest: Mapping[str, Any] = job.request["Manifest"]
    bucket, _, key = str(manifest["Location"]["ObjectArn"]).removeprefix("arn:aws:s3:::").partition("/")
    named: dict[str, Any] = {"Bucket": bucket, "Key": key}
    if version_id := manifest["Location"].get("ObjectVersionId"):
        named["VersionId"] = version_id
    found: Any = ports.s3.get_object(named)
    found = await found if inspect.isawaitable(found) else found
    wanted = str(manifest["Location"]["ETag"]).strip('"')
    if found["ETag"].strip('"') != wanted:
        raise AwsError("InvalidManifest", f"The manifest's ETag is {found['ETag']}, not {wanted}.", 400)
    body: Any = found.get("Body", b"")
    text = (body if isinstance(body, bytes) else b"".join([piece async for piece in body])).decode()
    return _tasks(text, manifest["Spec"]["Fields"])


def _tasks(text: str, fields: Sequence[str]) -> list[Task]:
    tasks: list[Task] = []
    for line in csv.reader(io.StringIO(text)):
        if not line:
            continue
        if len(line) != len(fields):
            message = f"A line of the manifest has {len(line)} fields and not {len(fields)}: {','.join(line)}"
            raise AwsError("InvalidManifest", message, 400)
        row = dict(zip(fields, line, strict=True))
        tasks.append(Task(row["Bucket"], unquote_plus(row["Key"]), row.get("VersionId", "")))
    return tasks


async def _report(call: Call, ports: Ports, job: Job, outcomes: list[Outcome]) -> None:
    """Write the report as the role may.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html
    """
    report: Mapping[str, Any] = job.request["Report"]
    if not report["Enabled"]:
        return
    bucket = str(report["Bucket"]).removeprefix("arn:aws:s3:::")
    prefix = f"{report['Prefix']}/" if report.get("Prefix") else ""
    start = f"{prefix}job-{job.id}"
    results: list[dict[str, str]] = []
    only_failed = report.get("ReportScope") == "FailedTasksOnly"
    for ended in ("succeeded", "failed"):
        rows = [each.row() for each in outcomes if bool(each.code) == (ended == "failed")]
        if not rows or (only_failed and ended == "succeeded"):
            continue
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows(rows)
        data = written.getvalue().encode()
        key = f"{start}/results/{call.world.ids.hex(40)}.csv"
        await _put(ports, bucket, key, data)
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
        results.append({"TaskExecutionStatus": ended, "Bucket": bucket, "MD5Checksum": digest, "Key": key})
    written_at = datetime.fromtimestamp(call.now // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    summary = {
        "Format": "Report_CSV_20180820",
        "ReportCreationDate": written_at,
        "Results": results,
        "ReportSchema": SCHEMA,
    }
    await _put(ports, bucket, f"{start}/manifest.json", json.dumps(summary).encode())


async def _put(ports: Ports, bucket: str, key: str, data: bytes) -> None:
    answer = ports.s3.put_object({"Bucket": bucket, "Key": key, "Body": data})
    if inspect.isawaitable(answer):
        await answer


def _fail(call: Call, job: Job, code: str, message: str) -> None:
    job.status, job.ended_ms = "Failed", call.now
    job.failures.append({"FailureCode": code, "FailureReason": message})
    call.state(S3ControlState).jobs.touch(job.id)
    call.happened("s3control.JobEnded", job.arn, status="Failed", code=code, reason=message)
