"""Jobs that import users from CSV files.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import importing, limits, naming, refusals
from foulweather.services.cognito_idp.naming import Request
from foulweather.services.cognito_idp.paging import page
from foulweather.services.cognito_idp.records import ImportJob, Pool
from foulweather.services.cognito_idp.state import CognitoState
from foulweather.world.ids import ALPHANUMERIC


def get_csv_header(call: Call, request: Request) -> dict[str, Any]:
    """The header of a CSV file with the pool's users."""
    _, pool = naming.pool_of(call, request)
    return {"UserPoolId": pool.id, "CSVHeader": importing.header(pool)}


def create_user_import_job(call: Call, request: Request) -> dict[str, Any]:
    """Make a job, and say where its file is to be uploaded within fifteen minutes."""
    state, pool = naming.pool_of(call, request)
    ids = call.world.ids
    job_id, token = f"import-{ids.drawn(ALPHANUMERIC, 10)}", ids.hex(64)
    origin = call.origin
    place = f"{'http' if origin.host and not origin.is_secure else 'https'}://{origin.host or _host(pool)}"
    url = f"{place}{importing.PATH}{pool.id}/{job_id}?X-Amz-Expires=900&X-Amz-Signature={token}"
    role: str = request["CloudWatchLogsRoleArn"]
    job = ImportJob(job_id, request["JobName"], pool.id, role, url, token, call.now)
    state.imports.put(job_id, job)
    call.changed("cognito.ImportJobCreated", pool.arn, JobName=job.name, CloudWatchLogsRoleArn=job.role)
    return {"UserImportJob": _shown(call, job)}


def describe_user_import_job(call: Call, request: Request) -> dict[str, Any]:
    """How far a job has come."""
    state, pool = naming.pool_of(call, request)
    return {"UserImportJob": _shown(call, _job(state, pool, request["JobId"]))}


def list_user_import_jobs(call: Call, request: Request) -> dict[str, Any]:
    """The jobs of a pool."""
    state, pool = naming.pool_of(call, request)
    found = sorted((job for job in state.imports.values() if job.pool == pool.id), key=_by_id)
    listed, more = page(found, _by_id, request["MaxResults"], request.get("PaginationToken"), "PaginationToken")
    return {"UserImportJobs": [_shown(call, job) for job in listed], **more} if listed else {}


def start_user_import_job(call: Call, request: Request) -> dict[str, Any]:
    """Begin to import the users of the file that was uploaded."""
    place = naming.pool_of(call, request)
    state, pool = place
    job = _job(state, pool, request["JobId"])
    if _status(call, job) != "Created":
        raise _unmet("The job cannot be started.", Fact(job.id, "Status", _status(call, job)))
    if not job.file:
        raise _unmet("No CSV file has been uploaded for the job.", Fact(job.id, "PreSignedUrl", job.url))
    verified: list[str] = pool.settings.get("AutoVerifiedAttributes") or []
    if not verified:
        # "If the user pool has no auto-verified attributes, the import job will not start."
        raise _unmet(
            "The user pool must have at least one auto-verified attribute.",
            call.fact(pool.arn, "AutoVerifiedAttributes", verified),
        )
    naming.check_no_import(place)
    job.status, job.started_ms = "Pending", call.now
    state.imports.touch(job.id)
    call.later(call.now + limits.SECOND_MS, "cognito-idp.import_users", job_id=job.id)
    call.changed("cognito.ImportJobStarted", pool.arn, JobName=job.name)
    return {"UserImportJob": _shown(call, job)}


def stop_user_import_job(call: Call, request: Request) -> dict[str, Any]:
    """Import no more; who was imported stays."""
    state, pool = naming.pool_of(call, request)
    job = _job(state, pool, request["JobId"])
    if job.status not in ("Pending", "InProgress"):
        raise _unmet("The job is not running.", Fact(job.id, "Status", _status(call, job)))
    job.status = "Stopping"
    state.imports.touch(job.id)
    call.changed("cognito.ImportJobStopped", pool.arn, JobName=job.name)
    return {"UserImportJob": _shown(call, job)}


def _job(state: CognitoState, pool: Pool, job_id: str) -> ImportJob:
    job = state.imports.get(job_id)
    if job is None or job.pool != pool.id:
        raise refusals.not_found(f"User import job {job_id} does not exist.", Fact(job_id, "exists", False))
    return job


def _status(call: Call, job: ImportJob) -> str:
    """A job that nobody starts expires."""
    is_old = job.status == "Created" and call.now >= job.created_ms + limits.IMPORT_EXPIRES_MS
    return "Expired" if is_old else job.status


def _shown(call: Call, job: ImportJob) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "JobName": job.name,
        "JobId": job.id,
        "UserPoolId": job.pool,
        "PreSignedUrl": job.url,
        "CreationDate": job.created_ms,
        "Status": _status(call, job),
        "CloudWatchLogsRoleArn": job.role,
        "ImportedUsers": job.imported,
        "SkippedUsers": job.skipped,
        "FailedUsers": job.failed,
    }
    times = {"StartDate": job.started_ms, "CompletionDate": job.completed_ms, "CompletionMessage": job.message}
    return shown | {name: value for name, value in times.items() if value}


def _host(pool: Pool) -> str:
    return f"cognito-idp.{pool.region}.amazonaws.com"


def _unmet(message: str, fact: Fact) -> AwsError:
    return AwsError("PreconditionNotMetException", message, facts=(fact,))


def _by_id(job: ImportJob) -> str:
    return job.id
