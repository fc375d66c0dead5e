"""Retry and Catch of Task, Parallel and Map states.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

from typing import Any

from foulweather.services.stepfunctions.language import dataflow, schema
from foulweather.services.stepfunctions.language.findings import Fields
from foulweather.services.stepfunctions.language.json_types import is_array
from foulweather.services.stepfunctions.language.records import Catcher, Jitter, Retrier

ATTEMPTS_MAX = 99_999_999
DELAY_S_MAX = 31_622_400  # MaxDelaySeconds: "greater than 0 and less than 31622400"


def retriers(fields: Fields) -> tuple[Retrier, ...]:
    """The Retry field of a state."""
    return tuple(_retrier(one) for one in _entries(fields, "Retry"))


def catchers(fields: Fields) -> tuple[Catcher, ...]:
    """The Catch field of a state."""
    found: list[Catcher] = []
    for one in _entries(fields, "Catch"):
        one.allow(schema.CATCHER, schema.CATCHER_JSONPATH, schema.CATCHER_JSONATA)
        one.require("ErrorEquals", "Next")
        found.append(Catcher(_names(one), one.text("Next") or "", dataflow.caught(one)))
    return tuple(found)


def _entries(fields: Fields, name: str) -> list[Fields]:
    entries = [fields.at(entry, f"{name}[{at}]") for at, entry in enumerate(fields.array(name))]
    found = [entry for entry in entries if entry is not None]
    for entry in found:
        alone = entry.data.get("ErrorEquals") in (["States.ALL"], None)
        if not alone and "States.ALL" in _listed(entry):
            entry.error("States.ALL must appear alone in the ErrorEquals array", "ErrorEquals")
        elif "States.ALL" in _listed(entry) and entry is not found[-1]:
            entry.error(f"States.ALL must be in the last element of the {name} array", "ErrorEquals")
    return found


def _listed(entry: Fields) -> list[Any]:
    value: Any = entry.data.get("ErrorEquals")
    return value if is_array(value) else []


def _names(entry: Fields) -> tuple[str, ...]:
    names = entry.array("ErrorEquals", empty=False)
    if any(not isinstance(name, str) for name in names):
        entry.error("Expected value of type String", "ErrorEquals")
    return tuple(name for name in names if isinstance(name, str))


def _retrier(entry: Fields) -> Retrier:
    entry.allow(schema.RETRIER, frozenset(), frozenset())
    entry.require("ErrorEquals")
    interval = entry.integer("IntervalSeconds", 1, schema.SECONDS_MAX)
    attempts = entry.integer("MaxAttempts", 0, ATTEMPTS_MAX)
    rate = entry.number("BackoffRate", 1.0, 1e9)
    longest = entry.integer("MaxDelaySeconds", 1, DELAY_S_MAX - 1)
    jitter: Jitter = "FULL" if entry.text("JitterStrategy", ("NONE", "FULL")) == "FULL" else "NONE"
    if longest is not None and interval is not None and longest <= interval:
        entry.error("MaxDelaySeconds must be greater than IntervalSeconds", "MaxDelaySeconds")
    return Retrier(
        error_equals=_names(entry),
        interval_s=1 if interval is None else interval,
        attempts_max=3 if attempts is None else attempts,
        backoff_rate=2.0 if rate is None else rate,
        delay_max_s=longest,
        jitter=jitter,
    )
