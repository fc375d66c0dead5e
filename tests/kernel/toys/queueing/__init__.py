"""A service of a few operations under the name of a real model: what the kernel does with any service."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="sqs",
    package=__name__,
    modules=("operations",),
    reads={"toy.Sent": "noted"},
    directory="answers:ToyDirectory",
    checks_model=True,
)
