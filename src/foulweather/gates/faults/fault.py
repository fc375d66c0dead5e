"""One thing that somebody has broken: which fact it changes, and for which calls."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from foulweather.kernel.call import Call

Kind = Literal["unavailable", "errors", "slow", "quota", "credential", "clock", "crash", "network", "zone"]
When = Literal["", "before", "after"]
How = Literal["", "reset", "timeout"]
ANY = "*"
PATTERNS = ("service", "operation", "account", "region", "principal", "access_key", "resource")


class Fault(msgspec.Struct, frozen=True, omit_defaults=True, rename={"how": "as"}):
    """One thing that is broken: which calls it meets (patterns with `*`), and how.

    `resource` is a pattern of ARNs, `percent` the share of matching calls. `delay_ms` is how long a
    slow call is held up, or a cut connection held open; `per_s` the changed rate; `code`, `status` and
    `message` the error that is answered; `offset_ms` how far a caller's clock is ahead (behind, if
    negative); `when` a process dies: before or after the operation took effect; `how` a connection is
    cut (`as`); `zone` the impaired Availability Zone. `until_ms` is when it mends by itself (0: never),
    `by` who broke it.
    """

    id: str
    kind: Kind
    service: str = ANY
    operation: str = ANY
    account: str = ANY
    region: str = ANY
    principal: str = ANY
    access_key: str = ANY
    resource: str = ANY
    zone: str = ""
    percent: int = 100
    delay_ms: int = 0
    per_s: int = 0
    code: str = ""
    status: int = 0
    message: str = ""
    offset_ms: int = 0
    when: When = ""
    how: How = ""
    until_ms: int = 0
    made_at_ms: int = 0
    by: str = ""

    def meets(self, call: Call, resources: Sequence[str] | None = None) -> bool:
        """Whether a call is one of those that the fault is for; `resources` are the ARNs that it is about."""
        return (
            (self.until_ms == 0 or call.now < self.until_ms)
            and fnmatchcase(call.service, self.service)
            and fnmatchcase(call.operation, self.operation)
            and fnmatchcase(call.account, self.account)
            and fnmatchcase(call.region, self.region)
            and fnmatchcase(call.principal.arn, self.principal)
            and fnmatchcase(call.access_key_id, self.access_key)
            and (self.resource == ANY or self._is_about(call, resources))
        )

    def _is_about(self, call: Call, resources: Sequence[str] | None) -> bool:
        arns = (call.resource,) if resources is None else resources
        return any(fnmatchcase(arn, self.resource) for arn in arns)
