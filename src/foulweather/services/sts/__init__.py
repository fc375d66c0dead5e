"""AWS Security Token Service: who one is, and sessions for it."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="sts",
    package=__name__,
    modules=("identity", "roles", "federation", "tokens"),
    checks_model=True,
)
