"""Members of members of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


def inside(request: Mapping[str, Any], *path: str) -> Any:
    """The member at the end of a path; None where any on the way is not there."""
    found: Any = request
    for name in path:
        found = cast("Mapping[str, Any]", found).get(name) if found else None
    return found
