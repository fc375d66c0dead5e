"""Batch jobs: made, shown, listed, confirmed, cancelled.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.s3 import refusals, tagging
from foulweather.services.s3.accounts import Job, S3ControlState
from foulweather.services.s3.control.tasks import BUILT, MEMBERS

if TYPE_CHECKING:
    from aws_types.s3control import (
        CreateJobRequest,
        CreateJobResult,
        DescribeJobRequest,
        DescribeJobResult,
        ListJobsRequest,
        ListJobsResult,
        UpdateJobPriorityRequest,
        UpdateJobPriorityResult,
        UpdateJobStatusRequest,
        UpdateJobStatusResult,
    )

PREPARING_MS = 1000
LISTED_MAX = 1000
PRIORITY_MAX = 2_147_483_647
ENDED = ("Cancelled", "Complete", "Failed")
CSV = "S3BatchOperations_CSV_20180820"


def create_job(call: Call, request: CreateJobRequest) -> CreateJobResult:
    """Make a job; it runs by itself, or once it is confirmed."""
    asked: dict[str, Any] = dict(request)
    state = call.state(S3ControlState)
    for job in state.jobs.values():
        if job.account == asked["AccountId"] and job.request["ClientRequestToken"] == asked["ClientRequestToken"]:
            if job.request != asked:
                raise AwsError("IdempotencyException", "A job with this token and another request exists.", 400)
            return {"JobId": job.id}
    _check(asked)
    job = Job(call.world.ids.uuid(), asked["AccountId"], call.region, asked, asked["Priority"], call.now)
    job.tags = tagging.checked_bucket_tags(asked.get("Tags") or [])
    state.jobs.put(job.id, job)
    call.changed("s3control.JobCreated", job.arn, Status=job.status, RoleArn=asked["RoleArn"])
    call.later(call.now + PREPARING_MS, "s3control.prepare_job", job=job.id)
    return {"JobId": job.id}


def describe_job(call: Call, request: DescribeJobRequest) -> DescribeJobResult:
    """How far a job is, and why it failed."""
    job = _found(call, request["AccountId"], request["JobId"])
    asked = job.request
    shown: dict[str, Any] = {
        **_entry(job),
        "JobArn": job.arn,
        "ConfirmationRequired": bool(asked.get("ConfirmationRequired")),
        "Operation": asked["Operation"],
        "Manifest": asked["Manifest"],
        "Report": asked["Report"],
        "RoleArn": asked["RoleArn"],
        "FailureReasons": job.failures,
    }
    if job.reason:
        shown["StatusUpdateReason"] = job.reason
    if job.suspended_ms:
        shown["SuspendedDate"] = job.suspended_ms
        shown["SuspendedCause"] = "AwaitingConfirmation"
    return {"Job": shown}  # type: ignore[typeddict-item]


def list_jobs(call: Call, request: ListJobsRequest) -> ListJobsResult:
    """The account's jobs in the Region, the latest first."""
    wanted, after = request.get("JobStatuses") or (), request.get("NextToken") or ""
    jobs = call.state(S3ControlState).jobs.values()
    found = [
        job
        for job in sorted(jobs, key=lambda job: (-job.created_ms, job.id))
        if (job.account, job.region) == (request["AccountId"], call.region) and (not wanted or job.status in wanted)
    ]
    start = next((place + 1 for place, job in enumerate(found) if job.id == after), 0)
    most = min(request.get("MaxResults") or LISTED_MAX, LISTED_MAX)
    listed = [{**_entry(job), "Operation": next(iter(job.request["Operation"]))} for job in found[start : start + most]]
    result: dict[str, Any] = {"Jobs": listed}
    if start + most < len(found):
        result["NextToken"] = listed[-1]["JobId"]
    return result  # type: ignore[return-value]


def update_job_priority(call: Call, request: UpdateJobPriorityRequest) -> UpdateJobPriorityResult:
    """Make a job that has not ended more or less urgent."""
    job = _found(call, request["AccountId"], request["JobId"])
    if job.status in ENDED:
        raise _wrong_status(job)
    job.priority = _checked_priority(request["Priority"])
    call.state(S3ControlState).jobs.touch(job.id)
    call.changed("s3control.JobPriorityUpdated", job.arn, Priority=job.priority)
    return {"JobId": job.id, "Priority": job.priority}


def update_job_status(call: Call, request: UpdateJobStatusRequest) -> UpdateJobStatusResult:
    """Confirm a job that waits for it, or cancel one that has not ended."""
    job, wanted = _found(call, request["AccountId"], request["JobId"]), request["RequestedJobStatus"]
    if job.status in ENDED or (wanted == "Ready" and job.status != "Suspended"):
        raise _wrong_status(job)
    job.status, job.reason = wanted, request.get("StatusUpdateReason", "")
    if wanted == "Ready":
        call.later(call.now, "s3control.run_job", job=job.id)
    else:
        job.ended_ms = call.now
    call.state(S3ControlState).jobs.touch(job.id)
    call.changed("s3control.JobStatusUpdated", job.arn, Status=job.status)
    return {"JobId": job.id, "Status": job.status, "StatusUpdateReason": job.reason}


def _check(asked: dict[str, Any]) -> None:
    for member in ("ManifestGenerator",):
        if asked.get(member):
            raise not_implemented("s3control", f"CreateJob.{member}")
    operation: dict[str, Any] = asked["Operation"]
    if len(operation) != 1:
        message = "Exactly one operation must be specified."
        raise refusals.invalid_request(message, Fact("request", "Operation", list(operation)))
    ((name, members),) = operation.items()
    if name not in BUILT:
        raise not_implemented("s3control", f"CreateJob.Operation.{name}")
    for member in members:
        if member not in MEMBERS[name]:
            raise not_implemented("s3control", f"CreateJob.Operation.{name}.{member}")
    manifest: dict[str, Any] | None = asked.get("Manifest")
    if not manifest:
        raise refusals.invalid_request("A manifest must be specified.", Fact("request", "Manifest", None))
    spec = manifest["Spec"]
    if spec["Format"] != CSV:
        raise not_implemented("s3control", f"CreateJob.Manifest.Spec.Format.{spec['Format']}")
    fields: list[str] = spec.get("Fields") or []
    if "Bucket" not in fields or "Key" not in fields:
        raise refusals.invalid_request(
            "Manifest fields must include Bucket and Key.", Fact("request", "Fields", fields)
        )
    report: dict[str, Any] = asked["Report"]
    if report["Enabled"] and not report.get("Bucket"):
        raise refusals.invalid_request("A report needs a bucket.", Fact("request", "Report", report))
    _checked_priority(asked["Priority"])


def _checked_priority(priority: int) -> int:
    if not 0 <= priority <= PRIORITY_MAX:
        message = f"Priority must be between 0 and {PRIORITY_MAX}."
        raise refusals.invalid_request(message, Fact("request", "Priority", priority))
    return priority


def _entry(job: Job) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "JobId": job.id,
        "Status": job.status,
        "Priority": job.priority,
        "CreationTime": job.created_ms,
        "ProgressSummary": {
            "TotalNumberOfTasks": job.tasks,
            "NumberOfTasksSucceeded": job.succeeded,
            "NumberOfTasksFailed": job.failed,
        },
    }
    if job.request.get("Description"):
        entry["Description"] = job.request["Description"]
    if job.ended_ms:
        entry["TerminationDate"] = job.ended_ms
    return entry


def _found(call: Call, account: str, job_id: str) -> Job:
    job = call.state(S3ControlState).jobs.get(job_id)
    if job is None or (job.account, job.region) != (account, call.region):
        raise AwsError("NoSuchJob", "The specified job does not exist", 404, facts=(Fact(job_id, "exists", False),))
    return job


def _wrong_status(job: Job) -> AwsError:
    message = f"The job is in status {job.status}, which does not allow this."
    return AwsError("JobStatusException", message, 400, facts=(Fact(job.arn, "Status", job.status),))
