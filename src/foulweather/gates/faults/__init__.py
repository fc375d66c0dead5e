"""What somebody has broken on purpose: a fault changes a fact, and calls meet it here.

`arrival` is the first gate (network, clock, credential), `throttle` asks for changed rates (quota),
`faults` is the last gate (unavailable, errors, crash), and `delay` holds calls up (slow). Services ask
for facts of their own, such as `Faults.zone_impaired`, and say in their manifest that they obey them.
"""

from __future__ import annotations

from foulweather.gates.faults.arrival import arrival
from foulweather.gates.faults.book import Ended, Faults, FaultState, Hit, Hits
from foulweather.gates.faults.fault import Fault, Kind
from foulweather.gates.faults.gate import delay, faults, unreachable

__all__ = ["Ended", "Fault", "FaultState", "Faults", "Hit", "Hits", "Kind", "arrival", "delay", "faults", "unreachable"]
