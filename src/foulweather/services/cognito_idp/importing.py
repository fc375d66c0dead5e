"""Importing users, line by line, as time goes by; each line's fate is in the logs.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html
"""

from __future__ import annotations

import csv
import inspect
import io
from pathlib import Path
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import Principal
from foulweather.services.cognito_idp import attributes, making, refusals, triggers
from foulweather.services.cognito_idp.limits import IMPORTED_PER_S, SECOND_MS, UPLOAD_MS
from foulweather.services.cognito_idp.records import ImportJob, Pool
from foulweather.services.cognito_idp.state import CognitoState
from foulweather.world.world import World

PATH: Final = "/cognito-user-import/"
_OWN: Final = ("cognito:mfa_enabled", "cognito:username")
_VERIFIED_UNSET: Final = (
    "The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true)."
)


def header(pool: Pool) -> list[str]:
    """The columns of a file with a pool's users."""
    return [*(name for name in pool.schema if name != "sub"), *_OWN]


def upload(world: World, job: ImportJob, state: CognitoState, token: str, body: bytes) -> int:
    """Take a job's file in: the status of the answer."""
    if token != job.token or world.clock.now_ms >= job.created_ms + UPLOAD_MS or job.status != "Created":
        return 403
    if job.file:
        world.files.delete(job.file)
    draft = world.files.draft()
    draft.write(body)
    job.file = world.files.keep(draft)
    state.imports.touch(job.id)
    return 200


async def go_on(call: Call, state: CognitoState, job: ImportJob) -> None:
    """Import the next lines of a job, and put the rest off for a second."""
    pool = state.pools.get(job.pool)
    if pool is None or not job.is_running:
        return
    if job.status == "Stopping":
        _end(call, state, pool, job, "Stopped")
        return
    try:
        lines = _lines(call.world, pool, job)
        ports = await _logs(call, pool, job)
    except AwsError as error:
        job.message = error.code
        call.explain("StartUserImportJob", pool.arn, Why("failed", error.message, because=(error.why,)), error.code)
        _end(call, state, pool, job, "Failed")
        return
    job.status = "InProgress"
    told: list[str] = []
    for number, line in enumerate(lines[job.done : job.done + IMPORTED_PER_S], job.done + 2):
        told.append(_imported(call, state, pool, job, line).replace("#", str(number)))
    job.done += IMPORTED_PER_S
    state.imports.touch(job.id)
    if told:
        await _write(call, ports, pool, job, told)
    if job.done < len(lines):
        call.later(call.now + SECOND_MS, "cognito-idp.import_users", job_id=job.id)
    else:
        _end(call, state, pool, job, "Succeeded")


def _end(call: Call, state: CognitoState, pool: Pool, job: ImportJob, status: str) -> None:
    job.status, job.completed_ms = status, call.now
    if job.file:
        call.world.files.delete(job.file)
        job.file = ""
    state.imports.touch(job.id)
    call.happened("cognito.ImportJobEnded", pool.arn, job=job.id, status=status, imported=job.imported)


def _lines(world: World, pool: Pool, job: ImportJob) -> list[dict[str, str]]:
    """The lines of the file; an unreadable file fails the job."""
    place = world.files.place(job.file)
    text = Path(place.path).read_bytes()[place.offset : place.offset + place.size]
    try:
        rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error):
        rows = []
    columns = rows[0] if rows else []
    if sorted(columns) != sorted(header(pool)) or any(len(row) != len(columns) for row in rows[1:] if row):
        raise refusals.invalid(
            "The header of the CSV file must have every column of GetCSVHeader.", Fact(job.id, "header", columns)
        )
    return [dict(zip(columns, row, strict=True)) for row in rows[1:] if row]


def _imported(call: Call, state: CognitoState, pool: Pool, job: ImportJob, line: dict[str, str]) -> str:
    """Make the user of a line: what the logs say of it."""
    given = {name: value for name, value in line.items() if value and name not in _OWN}
    verified: list[str] = pool.settings.get("AutoVerifiedAttributes") or []
    if not any(given.get(f"{name}_verified", "").lower() == "true" and given.get(name) for name in verified):
        job.failed += 1
        return f"[FAILED] Line Number # - {_VERIFIED_UNSET}"
    name = line["cognito:username"]
    if pool.username_attributes:
        name = next((given[each] for each in pool.username_attributes if given.get(each)), name)
    if not name:
        job.failed += 1
        return "[FAILED] Line Number # - The user has no name."
    try:
        checked = attributes.checked(pool, given)
        user = making.new_user(call, pool, name, checked, "RESET_REQUIRED")
        attributes.check_required(pool, user.attributes)
        making.check_free(state, pool, user)
    except AwsError as error:
        if error.code in ("UsernameExistsException", "AliasExistsException"):
            job.skipped += 1
            return "[SKIPPED] Line Number # - The user already exists."
        job.failed += 1
        return f"[FAILED] Line Number # - {error.message.strip()}"
    if line["cognito:mfa_enabled"].lower() == "true":
        user.factors = ["SMS_MFA"]
    making.add(state, pool, user)
    call.changed("cognito.UserImported", refusals.whose(pool, user), UserStatus=user.status)
    job.imported += 1
    return "[SUCCEEDED] Line Number # - The import succeeded."


async def _logs(call: Call, pool: Pool, job: ImportJob) -> Ports:
    """CloudWatch Logs, by the job's role; the job's stream is made with its first lines."""
    ports = call.acting_as(triggers.PRINCIPAL, account=pool.account, region=pool.region)
    made: Any = await _done(ports.sts.assume_role({"RoleArn": job.role, "RoleSessionName": job.id}))
    user = made["AssumedRoleUser"]
    principal = Principal("assumed-role", user["Arn"], job.role.split(":")[4], user["AssumedRoleId"], job.role)
    own = call.acting_as(principal, account=pool.account, region=pool.region)
    group, stream = _log(pool, job)
    if job.done == 0:
        for operation, request in (
            (own.logs.create_log_group, {"logGroupName": group}),
            (own.logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
        ):
            try:
                await _done(operation(request))
            except AwsError as error:
                if error.code != "ResourceAlreadyExistsException":
                    raise
    return own


async def _write(call: Call, ports: Ports, pool: Pool, job: ImportJob, told: list[str]) -> None:
    group, stream = _log(pool, job)
    events = [{"timestamp": call.now, "message": line} for line in told]
    await _done(ports.logs.put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": events}))


def _log(pool: Pool, job: ImportJob) -> tuple[str, str]:
    return f"/aws/cognito/userpools/{pool.id}/{pool.name}", f"{job.id}/{job.name}"


async def _done(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer
