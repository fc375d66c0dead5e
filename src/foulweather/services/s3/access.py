"""Amazon S3's rows of the service authorization reference."""

from __future__ import annotations

from foulweather.kernel.service import Access

ACCESS: dict[str, Access] = {}
