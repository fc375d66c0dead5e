"""What a caller has in place of an answer when the connection to a service breaks."""

from __future__ import annotations

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why


class ConnectionBroken(AwsError):
    """No answer at all: the connection closed, was reset, or timed out.

    No client sees it in words: over HTTP the connection breaks. Callers in process and services that use
    others see an error that is not the sender's fault, and so one to try again; the operation may have
    taken effect. `held_ms` is how much of the world's time passes before the connection ends.
    """

    def __init__(self, code: str, message: str, *, why: Why, is_reset: bool = False, held_ms: int = 0) -> None:
        super().__init__(code, message, 503, why=why)
        self.is_reset = is_reset
        self.held_ms = held_ms
