"""Each change is tried once, and what failed lies in the queue: once, whole, and nothing is missing."""

from __future__ import annotations

import json
from typing import Any

from stack import FUNCTION, QUEUE

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.load.functions import answered, function_arn
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

UNDER_WAY_MS = 5 * MINUTE_MS
"""What failed before the mend is tried again for three minutes, if nobody has limited that."""


def _count(lab: Lab, kind: str, since_ms: int, until_ms: int) -> int:
    arn = function_arn(lab, FUNCTION)
    return sum(
        event.kind == kind and event.resource == arn and since_ms < event.at_ms <= until_ms
        for event in lab.world.journal
    )


def _kept(lab: Lab, since_ms: int, until_ms: int) -> int:
    """How many failed changes were put into the queue."""
    arn = lab.queue_arn(QUEUE)
    return sum(
        event.kind == "sqs.MessageSent" and event.resource == arn and since_ms < event.at_ms <= until_ms
        for event in lab.world.journal
    )


def _config(lab: Lab) -> Fact:
    try:
        told: dict[str, Any] = answered(lab.client("lambda").get_function_event_invoke_config(FunctionName=FUNCTION))
    except AwsError:
        told = {}
    said = {name: told.get(name) for name in ("MaximumRetryAttempts", "DestinationConfig")}
    return shown(lab, function_arn(lab, FUNCTION), "EventInvokeConfig", json.dumps(said))


def symptom(lab: Lab) -> Why | None:
    """Two and a half times as many errors as events, and the first are lost."""
    since_ms = lab.struck_at_ms or lab.now_ms
    events, runs = (_count(lab, f"lambda.{kind}", since_ms, lab.now_ms) for kind in ("AsyncEventReceived", "Invoked"))
    dropped = _count(lab, "lambda.AsyncEventDropped", since_ms, lab.now_ms)
    if dropped < 60 or runs < 2 * events:
        return None
    told = Fact(function_arn(lab, FUNCTION), "Errors", runs)
    return unmended(f"{runs} errors for {events} changes, and {dropped} changes are nowhere.", told)


def check(lab: Lab) -> Why | None:
    """Changes since the mend."""
    if not lab.struck_at_ms:
        return None
    since_ms, until_ms = lab.settling_since(lab.now_ms - HOUR_MS) + UNDER_WAY_MS, lab.now_ms - MINUTE_MS
    events, runs = (_count(lab, f"lambda.{kind}", since_ms, until_ms) for kind in ("AsyncEventReceived", "Invoked"))
    dropped = _count(lab, "lambda.AsyncEventDropped", since_ms, until_ms)
    kept = _kept(lab, since_ms, until_ms + 10_000)
    if runs > events + 5:
        return unmended(f"{runs} runs for {events} changes: each one that fails is run again.", _config(lab))
    if runs < events - 5:
        return unmended(f"{runs} runs for {events} changes: the partner is not even asked.", _config(lab))
    if kept > dropped + 5:
        return unmended(f"{dropped} changes were given up, and {kept} messages are in {QUEUE}.", _config(lab))
    if kept < dropped:
        return unmended(f"{dropped} changes were given up, and {kept} of them are in {QUEUE}.", _config(lab))
    return None
