"""Quotas of maintenance windows, and what is checked of them.

https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm (Maintenance Windows)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.ssm import refusals

WINDOWS_MAX: Final = 50
TASKS_MAX: Final = 20
TARGETS_MAX: Final = 100
KEPT_MS: Final = 30 * 86_400_000
HOUR_MS: Final = 3_600_000
PAGE: Final = 50
# How often AWS looks whether a state machine's execution is over is not documented.
POLL_MS: Final = 10_000
# A function runs for 15 minutes at most: an invocation that has told nothing by then was lost when the process ended.
LOST_MS: Final = 16 * 60_000


def check_count(what: str, count: int, most: int) -> None:
    """Refuse one more of something of which there may be so many."""
    if count >= most:
        raise AwsError(
            "ResourceLimitExceededException",
            f"Exceeded the maximum number of {what}: {most}.",
            facts=(Fact("quota", what, most),),
        )


def check_hours(members: Mapping[str, Any]) -> None:
    """Refuse a window whose cutoff leaves no time for tasks to begin."""
    if members["Cutoff"] >= members["Duration"]:
        raise refusals.invalid(
            "Cutoff must be less than Duration.", Cutoff=members["Cutoff"], Duration=members["Duration"]
        )
