"""A shop that asks one function for quotes, and another where parcels are; the first has a reservation."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Recorded
from foulweather.drilling.load.functions import QUIET, Caller, alarm, function

FUNCTION, OTHER = "price-quote", "track-parcel"
RESERVED = 5
QUOTE = """
duration_ms = {p50 = 10000, p99 = 13000}
memory_mib = 90
init_ms = 300
response = {statusCode = 200}
"""
TRACK = """
duration_ms = 60
memory_mib = 60
init_ms = 200
response = {statusCode = 200}
"""
OFTEN = Recorded((11_000,), every_ms=600_000)


def build(lab: Lab) -> None:
    """Five at a time was plenty when quotes came three an hour."""
    function(lab, FUNCTION, QUOTE, Timeout=30)
    function(lab, OTHER, TRACK, Timeout=10)
    lab.client("lambda").put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=RESERVED)
    for name in (FUNCTION, OTHER):
        alarm(lab, name, "Throttles")
    lab.add(Caller(lab, "shop", function=FUNCTION, arrivals=QUIET))
    lab.add(Caller(lab, "parcels", function=OTHER, arrivals=OFTEN))
