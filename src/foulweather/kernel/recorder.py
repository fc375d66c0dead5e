"""Who keeps the record of every call: CloudTrail, by its manifest's `recorder`."""

from __future__ import annotations

from typing import Any, Protocol

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.services import Operation


class Recorder(Protocol):
    """Made once for a world, with the world; told of each call when it has ended."""

    def wants(self, operation: Operation) -> bool:
        """Whether calls of an operation are recorded at all: asked for each call, so it costs next to nothing."""
        ...

    def record(
        self,
        call: Call,
        operation: Operation,
        request: dict[str, Any],
        response: dict[str, Any] | None,
        error: AwsError | None,
    ) -> None:
        """Record a call with what it asked for and what it came to; the dicts are not to be changed or held."""
        ...
