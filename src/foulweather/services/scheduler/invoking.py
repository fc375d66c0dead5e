"""What becomes of an invocation: done, tried again, put into a dead-letter queue, or dropped, with the reason.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.scheduler import limits, sending, timing
from foulweather.services.scheduler.state import Invocation, Schedule, SchedulerState, part

THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
    }
)


def begin(call: Call, state: SchedulerState, schedule: Schedule, at_ms: int) -> None:
    """Put an invocation down, somewhere in the flexible window, and the schedule's next run."""
    group = state.group(schedule.group, call.account, call.region)
    assert group is not None
    window_ms = (schedule.settings["FlexibleTimeWindow"].get("MaximumWindowInMinutes") or 0) * 60_000
    begins_ms = at_ms + (call.world.random.randrange(window_ms) if window_ms else 0)
    goes_on = timing.arm(call, state, schedule, at_ms + 1)
    invocation = Invocation(
        call.world.ids.hex(16), schedule.key, schedule.arn, group.arn, schedule.target, at_ms, begins_ms, not goes_on
    )
    state.invocations.put(invocation.id, invocation)
    call.later(begins_ms, "scheduler.invoke", invocation=invocation.id)


async def attempt(call: Call, state: SchedulerState, invocation: Invocation) -> None:
    """Make the next attempt of an invocation, and see to what comes of it."""
    invocation.attempts += 1
    state.invocations.touch(invocation.id)
    _note(call, "scheduler.InvocationAttempted", invocation)
    try:
        await sending.send(call, invocation, input_of(call, invocation))
    except AwsError as error:
        call.reread_clock()
        await _failed(call, state, invocation, error)
    else:
        call.reread_clock()
        _end(call, state, invocation)


def input_of(call: Call, invocation: Invocation) -> str:
    """What the target gets: its input with the context attributes put in, or else a scheduled event.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    """
    text: str | None = invocation.target.get("Input")
    if text is None:
        if sending.api_of(invocation.target["Arn"]) is not None:
            return "{}"
        return (
            f'{{"version":"0","id":"{call.world.ids.uuid()}","detail-type":"Scheduled Event","source":"aws.scheduler",'
            f'"account":"{call.account}","time":"{_iso(invocation.scheduled_ms)}","region":"{call.region}",'
            f'"resources":["{invocation.arn}"],"detail":"{{}}"}}'
        )
    values = {
        "schedule-arn": invocation.arn,
        "scheduled-time": _iso(invocation.scheduled_ms),
        "execution-id": invocation.id,
        "attempt-number": str(invocation.attempts),
    }
    return sending.KEYWORD.sub(lambda found: values[found[1]], text)


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_retried(error: AwsError) -> bool:
    if error.code == "NotImplemented":
        return False
    return error.code in THROTTLED or error.status == 429 or error.status >= 500


async def _failed(call: Call, state: SchedulerState, invocation: Invocation, error: AwsError) -> None:
    is_throttled = error.code in THROTTLED or error.status == 429
    _note(call, "scheduler.TargetThrottled" if is_throttled else "scheduler.TargetError", invocation, error=error.code)
    exhausted = ""
    if _is_retried(error):
        delay_ms = limits.retry_delay_ms(invocation.attempts - 1)
        exhausted = _exhausted(call, invocation, delay_ms)
        if not exhausted:
            call.later(call.now + delay_ms, "scheduler.invoke", invocation=invocation.id)
            if invocation.attempts == 1:
                cause = f"{invocation.arn} could not invoke {invocation.target['Arn']} at once; it is tried again."
                call.explain("Invoke", invocation.arn, Why("delayed", cause, because=(error.why,)), error.code)
            return
    _note(call, "scheduler.InvocationDropped", invocation, error=error.code)
    await _give_up(call, invocation, error, exhausted)
    _end(call, state, invocation)  # not before: it is under way until it is where it stays


def _exhausted(call: Call, invocation: Invocation, delay_ms: int) -> str:
    """The limit of the retry policy that forbids another attempt; empty when none does."""
    policy = invocation.target["RetryPolicy"]
    if invocation.attempts > policy["MaximumRetryAttempts"]:
        return "MaximumRetryAttempts"
    age_ms = policy["MaximumEventAgeInSeconds"] * 1000
    return "MaximumEventAgeInSeconds" if call.now + delay_ms - invocation.first_ms > age_ms else ""


async def _give_up(call: Call, invocation: Invocation, error: AwsError, exhausted: str) -> None:
    arn = invocation.target["Arn"]
    facts: tuple[Fact, ...] = (
        call.fact(invocation.arn, "Target", arn),
        call.fact(invocation.arn, "RoleArn", invocation.target["RoleArn"]),
        Fact(invocation.id, "attempts", invocation.attempts),
    )
    if exhausted:
        facts += (Fact(invocation.arn, exhausted, invocation.target["RetryPolicy"][exhausted]),)
    queue = part(invocation.target, "DeadLetterConfig").get("Arn")
    if not queue:
        cause = f"{invocation.arn} did not invoke {arn}, and it has no dead-letter queue."
        call.explain("Invoke", invocation.arn, Why("dropped", cause, facts, error.why.remedy, (error.why,)), error.code)
        return
    try:
        await _bury(call, invocation, queue, error, exhausted)
    except AwsError as refusal:
        call.reread_clock()
        _note(call, "scheduler.DeadLetterFailed", invocation, queue=queue, error=refusal.code)
        cause = f"{invocation.arn} reached neither {arn} nor its dead-letter queue {queue}."
        because = (refusal.why, error.why)
        call.explain("Invoke", invocation.arn, Why("dropped", cause, facts, refusal.why.remedy, because), error.code)
        return
    call.reread_clock()
    _note(call, "scheduler.DeadLettered", invocation, queue=queue, error=error.code)
    cause = f"{invocation.arn} did not invoke {arn}; its input is in the dead-letter queue {queue}."
    call.explain("Invoke", invocation.arn, Why("failed", cause, facts, error.why.remedy, (error.why,)), error.code)


async def _bury(call: Call, invocation: Invocation, queue: str, error: AwsError, exhausted: str) -> None:
    """Send the input to the dead-letter queue, with the schedule's role, and what went wrong as attributes."""
    said = {
        "ERROR_CODE": error.code,
        "ERROR_MESSAGE": error.message or error.code,
        "EXECUTION_ID": invocation.id,
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": str(invocation.attempts - 1),
        "SCHEDULED_TIME": _iso(invocation.scheduled_ms),
        "SCHEDULE_ARN": invocation.arn,
        "TARGET_ARN": invocation.target["Arn"],
    }
    if exhausted:
        said["EXHAUSTED_RETRY_CONDITION"] = exhausted
    ports = await sending.acting_for(call, invocation, queue)
    request: dict[str, Any] = {
        "QueueUrl": sending.queue_url(queue),
        "MessageBody": input_of(call, invocation),
        "MessageAttributes": {name: {"DataType": "String", "StringValue": value} for name, value in said.items()},
    }
    await sending.answered(ports.sqs.send_message(request))


def _end(call: Call, state: SchedulerState, invocation: Invocation) -> None:
    """Forget an invocation; after the last one, the schedule too if it is to be deleted."""
    if invocation.id in state.invocations:
        state.invocations.delete(invocation.id)
    schedule = state.schedules.get(invocation.schedule)
    if not invocation.is_last or schedule is None or schedule.due:
        return
    if schedule.settings["ActionAfterCompletion"] == "DELETE":
        state.schedules.delete(schedule.key)
        call.changed("scheduler.ScheduleDeleted", schedule.arn, ActionAfterCompletion="DELETE")


def _note(call: Call, kind: str, invocation: Invocation, **facts: Any) -> None:
    group = invocation.schedule.partition("/")[0]
    call.happened(kind, invocation.arn, group=group, attempts=invocation.attempts, **facts)
