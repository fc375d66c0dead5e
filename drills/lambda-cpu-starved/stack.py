"""A gallery whose pictures a function makes small while the visitor waits."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.functions import QUIET, Caller, alarm, function

FUNCTION = "thumbnail"
BEFORE_MIB = 1024
TIMEOUT_S = 6
SHRINK = """
duration_ms = {p50 = 330, p99 = 570}
cpu_bound = true
measured_mib = 1769
memory_mib = {p50 = 58, p99 = 70}
init_ms = 60
response = {statusCode = 200}
"""


def build(lab: Lab) -> None:
    """The function with a gigabyte, an alarm on its time, the gallery."""
    function(lab, FUNCTION, SHRINK, Timeout=TIMEOUT_S, MemorySize=BEFORE_MIB)
    alarm(lab, FUNCTION, "Duration", "Maximum", TIMEOUT_S * 800.0)
    lab.add(Caller(lab, "gallery", function=FUNCTION, arrivals=QUIET))
