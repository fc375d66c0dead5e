"""Which errors a Retrier or Catcher is for, and how long a Retrier waits.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TypeVar

from foulweather.services.stepfunctions.language.records import Catcher, Retrier

DELAY_S_MAX = 31_622_400  # a Standard execution's year: no back-off is longer than what it can wait

# "A terminal error that can't be caught by the States.ALL error type"; States.Runtime cannot be caught by its name
# either: it is "not retriable, and will always cause the execution to fail".
TERMINAL = frozenset({"States.DataLimitExceeded", "States.Runtime"})

Entry = TypeVar("Entry", Retrier, Catcher)


def matches(error_equals: Iterable[str], error: str) -> bool:
    """Whether one of the names of an ErrorEquals is for an error."""
    for name in error_equals:
        if name == error:
            if error != "States.Runtime":
                return True
        elif error in TERMINAL:
            continue
        elif name == "States.ALL" or (name == "States.TaskFailed" and error != "States.Timeout"):
            return True
        elif name == "States.Timeout" and error == "States.HeartbeatTimeout":
            # "... or failed to send a heartbeat for a period longer than the HeartbeatSeconds value."
            return True
    return False


def first(entries: Iterable[Entry], error: str) -> Entry | None:
    """The first Retrier or Catcher that is for an error; AWS looks at them in order."""
    return next((entry for entry in entries if matches(entry.error_equals, error)), None)


def delay_ms(retrier: Retrier, attempt: int, random: Callable[[], float]) -> int | None:
    """How long a Retrier waits before its `attempt`th retry (from 1), or None when it has no more of them.

    With JitterStrategy FULL it is anything between nothing and that.
    """
    if attempt > retrier.attempts_max:
        return None
    limit_s = DELAY_S_MAX if retrier.delay_max_s is None else retrier.delay_max_s
    try:
        delay_s = retrier.interval_s * retrier.backoff_rate ** (attempt - 1)
    except OverflowError:
        delay_s = math.inf
    whole_ms = math.floor(min(delay_s, limit_s) * 1000)
    return math.floor(random() * whole_ms) if retrier.jitter == "FULL" else whole_ms
