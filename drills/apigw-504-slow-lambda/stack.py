"""Statements that a function reckons out: work for a processor, as fast as its memory allows."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import QUIET, function

API, FUNCTION = "bank", "statement"
MEMORY_MIB = 1_769
STATEMENT = """
duration_ms = {p50 = 11600, p99 = 13500}
cpu_bound = true
measured_mib = 1769
memory_mib = 300
init_ms = 400
response = {statusCode = 200, body = "{}"}
"""


def build(lab: Lab) -> None:
    """The function as it was, with one vCPU; a website that tries what timed out a second time."""
    function(lab, FUNCTION, STATEMENT, Timeout=60, MemorySize=MEMORY_MIB)
    api = rest_api(lab, API, {"/statement": {"get": to_function(lab, FUNCTION)}}, logging="ERROR")
    alarm(lab, API, "5XXError")
    lab.add(
        ApiClient(lab, "website", url=url_of(api), arrivals=QUIET, path="/statement", retry="at-once", attempts="2")
    )
