"""What a caller has in place of an answer when the connection to a service breaks."""

from __future__ import annotations

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why

# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
_FAILURE = "The request processing has failed because of an unknown error, exception or failure."


class ConnectionBroken(AwsError):
    """No answer at all to the request of that id: the connection closed, was reset, or timed out.

    No client sees it in words: over HTTP the connection breaks. Callers in process and services that use
    others see an error that is not the sender's fault, and so one to try again; the operation may have
    taken effect. `held_ms` is how much of the world's time passes before the connection ends.
    """

    def __init__(
        self, request_id: str, code: str, message: str, *, why: Why, is_reset: bool = False, held_ms: int = 0
    ) -> None:
        super().__init__(code, message, 503, why=why)
        self.request_id = request_id
        self.is_reset = is_reset
        self.held_ms = held_ms

    def passed_on(self) -> AwsError:
        """What a service answers its own client when it can do nothing without what gave it no answer."""
        why = Why("failed", "A service that this one needs gave no answer.", because=(self.why,))
        return AwsError("InternalFailure", _FAILURE, 500, why=why)
