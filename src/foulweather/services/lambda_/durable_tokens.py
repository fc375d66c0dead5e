"""The texts that stand for executions and their callbacks: ARNs, checkpoint tokens, callback ids."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, b2a_base64
from typing import NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import durable_limits, refusals
from foulweather.services.lambda_.durable_state import RUNNING, DurableState, Execution, Operation

_ARN = re.compile(
    r"arn:[a-zA-Z0-9-]+:lambda:([a-zA-Z0-9-]+):(\d{12}):function:([a-zA-Z0-9_-]+):([^/]+)"
    r"/durable-execution/([a-zA-Z0-9_-]+)/([a-zA-Z0-9_-]+)"
)


class Named(NamedTuple):
    """What an execution's ARN says."""

    region: str
    account: str
    function: str
    version: str
    name: str
    id: str


def parts_of(arn: str) -> Named | None:
    """The parts of an execution's ARN."""
    found = _ARN.fullmatch(arn)
    return None if found is None else Named(*found.groups())


def find(call: Call, arn: str) -> Execution | None:
    """The execution of an ARN, if there is one in this Region."""
    named = parts_of(arn)
    if named is None or named.region != call.region:
        return None
    found = call.state(DurableState, named.account).executions.get(named.id)
    return found if found is not None and found.arn == arn else None


def require(call: Call, arn: str) -> tuple[DurableState, Execution]:
    """The execution of an ARN."""
    found = find(call, arn)
    if found is None:
        raise durable_limits.no_such_execution(arn)
    return call.state(DurableState, found.account), found


def checkpoint_token(execution: Execution) -> str:
    """The checkpoint token that is good now."""
    return _encoded(f"{execution.id} {execution.token}")


def require_token(call: Call, arn: str, token: str) -> tuple[DurableState, Execution, int]:
    """The execution of an ARN, which runs, and the number in a token of its own, which is not a later one."""
    found = find(call, arn)
    if found is None:
        # Neither operation knows ResourceNotFoundException.
        raise refusals.invalid(f"Invalid durable execution ARN: {arn}", Fact(arn, "exists", False))
    if found.status != RUNNING:
        raise durable_limits.bad_token(found, "of an execution that has ended")
    execution_id, _, number = _decoded(token).partition(" ")
    if execution_id != found.id or not number.isdigit() or int(number) > found.token:
        raise durable_limits.bad_token(found, "of no execution, or of another")
    return call.state(DurableState, found.account), found, int(number)


def callback_id(execution: Execution, operation: Operation, nonce: str) -> str:
    """The id of a callback, which tells nobody but Lambda whose it is."""
    return _encoded(f"{execution.account}/{execution.region}/{execution.id}/{operation.id}/{nonce}")


def callback(call: Call, callback_id: str) -> tuple[DurableState, Execution, Operation] | None:
    """The callback of an id."""
    parts = _decoded(callback_id).split("/")
    if len(parts) != 5 or parts[1] != call.region:
        return None
    state = call.state(DurableState, parts[0])
    execution = state.executions.get(parts[2])
    operation = state.parts(execution).get(parts[3]) if execution is not None else None
    if execution is None or operation is None or operation.callback_id != callback_id:
        return None
    return state, execution, operation


def _encoded(text: str) -> str:
    return b2a_base64(text.encode(), newline=False).decode()


def _decoded(token: str) -> str:
    try:
        return a2b_base64(token, strict_mode=True).decode()
    except (Error, ValueError):
        return ""
