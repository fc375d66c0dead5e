"""Errors on their way: to a retry, to a catcher, or to the end of the flow.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from foulweather.services.stepfunctions import ending, fanning, limits, stepping
from foulweather.services.stepfunctions.language import retrying
from foulweather.services.stepfunctions.language.errors import StatesError
from foulweather.services.stepfunctions.language.records import AnyState, Catcher, Map, Parallel, Retrier, Task
from foulweather.services.stepfunctions.records import Branch
from foulweather.services.stepfunctions.running import Run, Trouble, decode, encode

if TYPE_CHECKING:
    from foulweather.services.stepfunctions.stepping import Going

TIMEOUT: Final = "States.Timeout"
HEARTBEAT: Final = "States.HeartbeatTimeout"
DATA_LIMIT: Final = "States.DataLimitExceeded"
RUNTIME: Final = "States.Runtime"


def of_language(run: Run, branch: Branch, error: StatesError) -> Trouble:
    """An error that evaluating a state ended with; JSONata's is an event of its own."""
    cause = error.cause_in(branch.state, branch.entered_event)
    if error.error == "States.QueryEvaluationError":
        run.add(
            branch,
            "EvaluationFailed",
            error=error.error,
            cause=cause,
            location=error.location,
            state=branch.state,
        )
    return Trouble(error.error, cause)


def too_large(state: AnyState) -> Trouble:
    """A payload beyond the quota."""
    cause = (
        f"The state/task '{state.name}' returned a result with a size exceeding the maximum number of bytes "
        "service limit."
    )
    return Trouble(DATA_LIMIT, cause)


def catches(names: Sequence[str], trouble: Trouble) -> bool:
    """Whether an error is among those that a retrier or catcher names."""
    return not trouble.is_terminal and retrying.matches(names, trouble.error)


def failed(run: Run, branch: Branch, state: AnyState, trouble: Trouble) -> Going | None:
    """See to an error of a state: try again, go where it is caught, or give up."""
    branch.nonce = ""
    if isinstance(state, Task | Parallel | Map):
        if retry_of(run, branch, state.retry, trouble):
            fanning.clear(run, branch)
            return None
        for catcher in state.catch:
            if catches(catcher.error_equals, trouble):
                fanning.clear(run, branch)
                return _caught(run, branch, state, catcher, trouble)
    give_up(run, branch, trouble)
    return None


def retry_of(run: Run, branch: Branch, retriers: Sequence[Retrier], trouble: Trouble) -> bool:
    """Have a state tried again, if a retrier says so and has attempts left."""
    for number, retrier in enumerate(retriers):
        if not catches(retrier.error_equals, trouble):
            continue
        tried = [*branch.retried, *([0] * (len(retriers) - len(branch.retried)))]
        tried[number] += 1
        delay_ms = retrying.delay_ms(retrier, tried[number], run.world.random.random)
        if delay_ms is None:
            return False
        branch.retried = tried
        run.wait(branch, "retry", run.now + max(delay_ms, 1))
        return True
    return False


def error_output(trouble: Trouble) -> dict[str, Any]:
    """What a catcher works on."""
    told = {"Error": trouble.error}
    if trouble.cause is not None:
        told["Cause"] = trouble.cause
    return told


def _caught(run: Run, branch: Branch, state: Task | Parallel | Map, catcher: Catcher, trouble: Trouble) -> Going | None:
    value = decode(branch.input)
    try:
        finished = catcher.finish(value, error_output(trouble), run.scope(branch))
        if limits.size(encode(finished.output)) > limits.PAYLOAD_BYTES_MAX:
            give_up(run, branch, too_large(state))  # not to be caught once more: that would have no end
            return None
        return stepping.leave(run, branch, state, value, finished, catcher.next)
    except StatesError as error:
        give_up(run, branch, of_language(run, branch, error))
        return None


def give_up(run: Run, branch: Branch, trouble: Trouble) -> None:
    """End a flow with an error that nobody caught."""
    run.dirty.add(branch.id)
    if branch.parent >= 0:
        fanning.broke(run, branch, trouble)
    else:
        ending.end(run, "FAILED", trouble, branch)
