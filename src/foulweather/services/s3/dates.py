"""Times as headers of S3 carry them."""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache


def http_date(at_ms: int) -> str:
    """A time as HTTP writes it, to the second: `Sat, 21 Nov 2026 00:00:00 GMT`."""
    return _written(at_ms // 1000)


@lru_cache(maxsize=4096)
def _written(at_s: int) -> str:
    return formatdate(at_s, usegmt=True)
