"""A global service that uses another."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(name="iam", package=__name__, modules=("operations",), is_global=True)
