"""A service with a public function that is no operation."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(name="sqs", package=__name__, modules=("operations",))
