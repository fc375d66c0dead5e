"""Quotes behind an API, by a function with a reservation."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import QUIET, function
from foulweather.drilling.load.functions import alarm as function_alarm

API, FUNCTION = "quotes", "quote"
RESERVED = 10
QUOTE = """
duration_ms = {p50 = 1000, p99 = 1400}
memory_mib = 90
init_ms = 300
response = {statusCode = 200, body = "{}"}
"""


def build(lab: Lab) -> None:
    """Ten at a time were plenty when quotes came three an hour."""
    function(lab, FUNCTION, QUOTE, Timeout=10, MemorySize=512)
    lab.client("lambda").put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=RESERVED)
    api = rest_api(lab, API, {"/quote": {"get": to_function(lab, FUNCTION)}}, logging="ERROR")
    alarm(lab, API, "5XXError", threshold=0, statistic="Sum")
    function_alarm(lab, FUNCTION, "Throttles")
    function_alarm(lab, FUNCTION)
    lab.notes["api"] = api
    lab.add(ApiClient(lab, "customers", url=url_of(api), arrivals=QUIET, path="/quote"))
