"""Customers' changes are sent to a partner by a function that nobody waits for."""

from __future__ import annotations

import json

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import LoadClient, Made, Recorded
from foulweather.drilling.load.functions import alarm, function

FUNCTION, QUEUE = "sync-partner", "partner-failed"
SYNC = "duration_ms = {p50 = 300, p99 = 900}\ninit_ms = 250\nmemory_mib = 400\n"
REFUSED = """
duration_ms = 9000
init_ms = 250
memory_mib = 400
error_rate = 1.0
error_type = "PartnerError"
error_message = "400 Bad Request: field 'vat_id' is required since version 7"
"""
QUIET = Recorded((17_000,), every_ms=1_800_000)


class Changes(LoadClient):
    """Sends each change of a customer's data."""

    RELEASABLE = ()

    def __init__(self, lab: Lab, name: str) -> None:
        super().__init__(lab, name, service="lambda", arrivals=QUIET)

    def make(self, n: int, now_ms: int) -> Made:
        """One change."""
        payload = json.dumps({"customer": f"C-{n}", "n": n}).encode()
        return "invoke", {"FunctionName": FUNCTION, "InvocationType": "Event", "Payload": payload}, None


def build(lab: Lab) -> None:
    """The function, its alarm, and a queue that somebody has made for another day."""
    lab.client("sqs").create_queue(QueueName=QUEUE, Attributes={"MessageRetentionPeriod": "1209600"})
    function(lab, FUNCTION, SYNC, Timeout=30, MemorySize=3008)
    alarm(lab, FUNCTION)
    lab.add(Changes(lab, "crm"))
