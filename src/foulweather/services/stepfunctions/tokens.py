"""Task tokens: each names one task of one execution, as long as it waits."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from typing import Final

from foulweather.services.stepfunctions import refusals
from foulweather.services.stepfunctions.records import Branch, Execution
from foulweather.services.stepfunctions.state import SfnState

_HEAD: Final = b"\0\0\0\x2a\0\0\0\x02\0\0\0\0\0\0\0\1"


def made(branch: Branch) -> str:
    """The token of the task where a branch stands."""
    return b64encode(_HEAD + f"{branch.nonce}/{branch.id}/{branch.execution}".encode()).decode()


def read(token: str) -> tuple[str, int, str]:
    """The execution, the branch and the nonce in a token; what was never given out is refused."""
    try:
        text = b64decode(token, validate=True)
        if text.startswith(_HEAD):
            nonce, number, arn = text.removeprefix(_HEAD).decode().split("/", 2)
            return arn, int(number), nonce
    except (Error, ValueError):
        pass
    raise refusals.invalid_token()


def task(state: SfnState, token: str) -> tuple[Execution, Branch]:
    """The task of a token; refused when it has ended."""
    arn, number, nonce = read(token)
    execution = state.executions.get(arn)
    branch = state.parts.get(arn, {}).get(number)
    if execution is None or branch is None or not execution.is_open or branch.nonce != nonce or not nonce:
        raise refusals.timed_out(arn)
    return execution, branch
