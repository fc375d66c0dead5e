"""An office that asks a function for reports; each takes some seconds, most of them waiting for the warehouse."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.functions import QUIET, Caller, alarm, function

FUNCTION = "sales-report"
REPORT = """
duration_ms = {p50 = 6000, p99 = 8500}
memory_mib = 120
init_ms = 300
response = {statusCode = 200}
"""


def build(lab: Lab) -> None:
    """The function with fifteen seconds, its alarm, the office."""
    function(lab, FUNCTION, REPORT, Timeout=15, MemorySize=256)
    alarm(lab, FUNCTION)
    lab.add(Caller(lab, "office", function=FUNCTION, arrivals=QUIET))
