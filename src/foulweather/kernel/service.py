"""What a service package declares: its manifest, its access table, its rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from foulweather.kernel.call import Call
from foulweather.policy.evaluate import Held, Verdict

NO_TAGS: Mapping[str, str] = {}


class Resource(NamedTuple):
    """What a call is about: its ARN, the account that owns it, its resource policy and its tags.

    `must_delegate`: nothing is allowed that the resource's policy does not allow itself or delegate to
    the account, as with KMS keys. `grants` are permissions that stand beside the resource's policy.
    """

    arn: str
    account: str
    policy: Held | None = None
    tags: Mapping[str, str] = NO_TAGS
    must_delegate: bool = False
    grants: tuple[Held, ...] = ()


Resources = Callable[[Call, Mapping[str, Any]], Sequence[Resource]]
Conditions = Callable[[Call, Mapping[str, Any]], Mapping[str, str | list[str]]]


def everything(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The resource of actions that support no resource-level permissions: `*`."""
    return (Resource("*", call.account),)


class Permission(NamedTuple):
    """A further permission that an operation needs, such as iam:PassRole on a role."""

    action: str
    resource: Resource
    conditions: Mapping[str, str | list[str]] = NO_TAGS


class Access(msgspec.Struct, frozen=True):
    """An operation's row of the service authorization reference.

    `conditions` gives the service's own condition keys (lower-cased) and `aws:requesttag/…`,
    `aws:tagkeys`. `also` gives further permissions. `is_open` needs no permission at all
    (GetCallerIdentity); `is_unsigned` takes no credentials (AssumeRoleWithWebIdentity).
    `is_data` is what CloudTrail calls a data event; `is_read` is its readOnly.
    """

    action: str
    resources: Resources = everything
    conditions: Conditions | None = None
    also: Callable[[Call, Mapping[str, Any]], Sequence[Permission]] | None = None
    is_read: bool = False
    is_data: bool = False
    is_open: bool = False
    is_unsigned: bool = False


class Rate(NamedTuple):
    """A token bucket: how many calls a second, how many at once, and the refusal's words.

    `by` says what has a bucket of its own: the caller's account, the resource, or the account that owns the resource
    (whose users come unsigned). Operations of one service whose rates
    name the same `shared` have one bucket together.
    """

    per_s: int
    burst: int
    code: str = "Throttling"
    message: str = "Rate exceeded"
    status: int = 400
    by: Literal["account", "resource", "owner"] = "account"
    shared: str = ""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest of a service package: `SERVICE` in its `__init__.py`.

    Every public function of `modules` is an operation of the botocore model `name`: the name is the
    registration. `access.py` holds `ACCESS: dict[str, Access]` by operation. `limits.py` may hold
    `RATES: dict[str, Rate]` by operation. `reactions.py` holds a function for each agenda action
    (`sns.retry_delivery` is `retry_delivery(call, **args)`) and for each event in `reads`
    (event kind -> function `(world, event)`) and in `readers` (event kind -> function `(world, kind)` that gives the
    reader, for one that has something to look up first). `tagged.py` may tell of its resources that have tags
    (`kernel/tagging.py`), `quotas.py` of its quotas by AWS's codes (`kernel/quotas.py`).
    `words_violations`: what breaks the model's constraints is refused by `refusals.of_violations`, not in common
    words. `takes_anonymous`: an unsigned request may be allowed by a resource policy. `directory`, `guardrails` and
    `recorder` (`module:Class`) answer the kernel's questions about identities and organizations, and keep the record
    of calls. `denied_action` words the action in a denial, `denied_words` the whole of it (from the call, the verdict
    and the usual words), and `denied_status` is its HTTP status. `obeys` names the facts that faults change and this
    service asks for (`zone`: `Faults.zone_impaired`). `asks_visitors`: the signatures of requests to its data plane
    are verified, where they have one (`HttpRequest.caller`). `paths` begins the paths that lead there whatever the
    host, `endings` end such paths of what it has in a world, and `has_domains` says that it answers under its
    customers' own names.
    """

    name: str
    package: str
    modules: tuple[str, ...]
    is_global: bool = False
    reads: Mapping[str, str] = {}
    readers: Mapping[str, str] = {}
    directory: str = ""
    guardrails: str = ""
    recorder: str = ""
    access_denied: str = "AccessDenied"
    denied_action: Callable[[str], str] | None = None
    denied_words: Callable[[Call, Verdict, str], str] | None = None
    denied_status: int = 403
    checks_model: bool = False
    words_violations: bool = False
    takes_anonymous: bool = False
    hosts: str = ""
    has_traffic: bool = False
    asks_visitors: bool = False
    paths: str = ""
    endings: tuple[str, ...] = ()
    has_domains: bool = False
    obeys: tuple[str, ...] = ()
