"""A till that charges cards by a function, whose log the auditors read."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.functions import QUIET, Caller, alarm, function

FUNCTION, ROLE = "charge-card", "charge-card-role"
GROUP = f"/aws/lambda/{FUNCTION}"
KEPT_DAYS = 365
CHARGE = """
duration_ms = {p50 = 90, p99 = 220}
memory_mib = 75
init_ms = 260
response = {statusCode = 200}
"""


def build(lab: Lab) -> None:
    """The group is there before the function, to be kept for a year."""
    logs = lab.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=KEPT_DAYS)
    function(lab, FUNCTION, CHARGE, Timeout=10)
    alarm(lab, FUNCTION)
    lab.add(Caller(lab, "till", function=FUNCTION, arrivals=QUIET))
