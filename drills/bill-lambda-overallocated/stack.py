"""Orders are exported to a partner every quarter of an hour, by a function that mostly waits."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.functions import alarm, answered, function

FUNCTION, RULE = "export-orders", "export-orders-schedule"
EXPORT = """
duration_ms = {p50 = 8000, p99 = 12000}
memory_mib = {p50 = 192, p99 = 206}
init_ms = 400
response = {statusCode = 200}
"""


def schedule(lab: Lab, expression: str) -> str:
    """Set the rule's schedule."""
    return lab.client("events").put_rule(Name=RULE, ScheduleExpression=expression)["RuleArn"]


def build(lab: Lab) -> None:
    """The function with 256 MB, four times an hour."""
    arn = function(lab, FUNCTION, EXPORT, Timeout=60, MemorySize=256)
    alarm(lab, FUNCTION)
    rule = schedule(lab, "rate(15 minutes)")
    answered(
        lab.client("lambda").add_permission(
            FunctionName=FUNCTION,
            StatementId="schedule",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=rule,
        )
    )
    lab.client("events").put_targets(Rule=RULE, Targets=[{"Id": "export", "Arn": arn}])
