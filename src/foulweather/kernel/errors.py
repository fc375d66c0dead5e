"""The refusals that a client sees, in AWS's words, each with its `Why`."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.why import Fact, Why


class AwsError(Exception):
    """A refusal as AWS words it.

    `code` is the error shape's name in the service's model (`QueueDoesNotExist`), or a common code
    (`AccessDenied`); each codec derives the wire code and the HTTP status from the model, and falls
    back on `status`. `members` are the error shape's further members, `headers` what a REST service
    adds to its answer. A refusal without a `why` of its own gets one from its message and `facts`.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        *,
        why: Why | None = None,
        facts: tuple[Fact, ...] = (),
        remedy: tuple[str, ...] = (),
        members: dict[str, Any] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members: dict[str, Any] = members or {}
        self.headers = headers
        self._why = why
        self._facts = facts
        self._remedy = remedy

    @property
    def why(self) -> Why:
        """The reasons behind this refusal."""
        if self._why is None:
            decision = "failed" if self.status >= 500 else "refused"
            self._why = Why(decision, f"{self.code}: {self.message}", self._facts, self._remedy)
        return self._why

    def because(self, why: Why) -> AwsError:
        """The refusal itself, with reasons that somebody else tells better."""
        self._why = why
        return self

    @property
    def senders_fault(self) -> bool:
        """Whether AWS would call this the sender's fault (4xx) and not the receiver's (5xx)."""
        return self.status < 500


def not_implemented(service: str, operation: str) -> AwsError:
    """The answer to whatever the model knows and this project does not: never a silent success."""
    return AwsError(
        "NotImplemented",
        f"foulweather does not implement {service}:{operation} yet.",
        501,
        facts=(Fact(f"{service}:{operation}", "implemented", False),),
    )
