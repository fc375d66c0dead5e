"""Workflow variables: what may be assigned, and in which scope it is seen.

https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from foulweather.services.stepfunctions.language.errors import StatesError
from foulweather.services.stepfunctions.language.texts import bytes_of

NAME_LENGTH_MAX = 80
ASSIGN_BYTES_MAX = 256 * 1024  # of one variable, and of all that one Assign sets
TOTAL_BYTES_MAX = 10 * 1024 * 1024  # of all the variables of an execution

_NAME = re.compile(r"[^\W\d]\w*", re.UNICODE)


def is_name(name: str) -> bool:
    """Whether a variable may be called so: a Unicode identifier of up to 80 characters, and not `states`."""
    return len(name) <= NAME_LENGTH_MAX and name != "states" and _NAME.fullmatch(name) is not None


def visible(outer: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What a Map's or Parallel's flow sees: the outer scope's variables as they were when it began, and its own."""
    return {**outer, **own}


def assigned(own: Mapping[str, Any], outer: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """One scope's variables after an Assign; every new value was made of the old ones, so none sees another.

    A name that an outer scope has cannot be assigned in an inner one: `diagnostics` refuses such a definition.
    """
    sizes = {name: bytes_of(value) for name, value in new.items()}
    for name, size in sizes.items():
        if name in outer:
            raise StatesError(
                "States.Runtime", f"The variable '{name}' is already assigned in an outer scope", f"Assign/{name}"
            )
        if size > ASSIGN_BYTES_MAX:
            raise _too_large(f"The size of the variable '{name}' exceeds the limit of {ASSIGN_BYTES_MAX} bytes")
    if sum(sizes.values()) > ASSIGN_BYTES_MAX:
        raise _too_large(f"The total size of the variables in Assign exceeds the limit of {ASSIGN_BYTES_MAX} bytes")
    return {**own, **new}


def checked_total(bytes_total: int) -> None:
    """Refuse more variables than an execution may hold; the caller adds them up over all its scopes."""
    if bytes_total > TOTAL_BYTES_MAX:
        raise _too_large(f"The total size of all variables exceeds the limit of {TOTAL_BYTES_MAX} bytes")


def _too_large(cause: str) -> StatesError:
    return StatesError("States.DataLimitExceeded", cause, "Assign")
