"""Keeps the record of every call: packed at once, formed as AWS writes it when somebody looks.

Management events go into the history of whoever called, and of the resource's owner where that is another account;
data events go to the trails and event data stores that select them, and nowhere else.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.services import Operation
from foulweather.services.cloudtrail import consuming
from foulweather.services.cloudtrail.records import COPY, DATA, READ, SECURE
from foulweather.services.cloudtrail.redacting import Clean, Redaction, of_items
from foulweather.services.cloudtrail.state import EventHistory
from foulweather.world.world import World

# "This field has a maximum size of 100 KB", of requestParameters and responseElements; 1 KB of errorMessage.
PART_BYTES_MAX: Final = 100 * 1024
MESSAGE_MAX: Final = 1024
BUCKETS_KNOWN_MAX: Final = 10_000
NOT_RECORDED: Final = frozenset({"NotImplemented"})
# They give credentials and change nothing: readOnly, with responseElements all the same (IAM User Guide, Logging IAM
# and AWS STS API calls, examples).
_GIVING_SESSIONS: Final = frozenset(
    {"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetSessionToken", "GetFederationToken"}
)
_NO_TRAITS: Final[dict[str, str]] = {}


def _unknown(value: Any) -> None:
    """Streams and the like are no part of a record."""


_encode: Final = msgspec.msgpack.Encoder(enc_hook=_unknown).encode


class _Shown:
    """How calls of an operation are recorded."""

    __slots__ = ("flags", "has_response", "is_data", "is_s3", "request", "response")

    def __init__(self, operation: Operation) -> None:
        service, model = operation.service.name, operation.model
        gives_session = service == "sts" and model.name in _GIVING_SESSIONS
        is_read = operation.access.is_read or gives_session
        self.is_s3 = service == "s3"
        self.is_data = operation.access.is_data
        self.flags = (READ if is_read else 0) | (DATA if self.is_data else 0)
        self.has_response = not is_read or gives_session
        clean = Redaction(service, is_response=False).of(model.input)
        if service == "dynamodb" and self.is_data:
            clean = of_items
        self.request: Clean | None = clean
        self.response: Clean | None = Redaction(service, is_response=True).of(model.output)
        if service == "dynamodb" and self.is_data:
            self.has_response = False


class Recorder:
    """What `kernel/recorder.py` asks for; one for a world."""

    def __init__(self, world: World) -> None:
        self._shown: dict[Operation, _Shown] = {}
        self._consumers = consuming.Consumers.of(world)
        self._bucket_owners: dict[str, str] = {}
        world.journal.read("s3.BucketDeleted", lambda event: self._bucket_owners.clear())

    def wants(self, operation: Operation) -> bool:
        """Management events always; data events when some trail or event data store selects any."""
        wanted = self._consumers.wanted.get(operation)
        if wanted is None:
            wanted = not operation.access.is_data or self._consumers.select_data_of(operation.service.name)
            self._consumers.wanted[operation] = wanted
        return wanted

    def record(
        self,
        call: Call,
        operation: Operation,
        request: dict[str, Any],
        response: dict[str, Any] | None,
        error: AwsError | None,
    ) -> None:
        """Put a call on record with whoever is to know of it."""
        if error is not None and error.code in NOT_RECORDED:
            return
        shown = self._shown.get(operation)
        if shown is None:
            shown = self._shown[operation] = _Shown(operation)
        owner = self._owner_of_bucket(call, request, error) if shown.is_s3 else _account_in(call.resource)
        caller = call.principal.account or (owner or call.account)
        # Of a denial the other account hears nothing: it took no part in it.
        is_shared = owner not in ("", caller) and (error is None or not error.code.startswith("AccessDenied"))
        traits = _moved(call, request, response) if shown.is_s3 else _NO_TRAITS
        asked: Any = request
        answered: Any = response if response and shown.has_response else None
        try:
            if shown.request is not None:
                asked = shown.request(request)
            if answered is not None and shown.response is not None:
                answered = shown.response(answered)
        except (AttributeError, LookupError, TypeError):  # not of its model's shape: part by part, what can be shown
            asked, answered = _shown_alone(request, shown.request), _shown_alone(answered, shown.response)
        other = owner if is_shared else ""
        self._keep(
            call, shown, _packed(call, shown.flags, error, caller, owner, other, traits, asked, answered), caller
        )
        if is_shared:
            packed = _packed(call, shown.flags | COPY, error, owner, owner, caller, traits, asked, answered)
            self._keep(call, shown, packed, owner)

    def _owner_of_bucket(self, call: Call, request: dict[str, Any], error: AwsError | None) -> str:
        """Who owns the bucket of a request; empty where there is none, or no more."""
        bucket: str = request.get("Bucket") or ""
        if not bucket:
            return ""
        if error is None and (known := self._bucket_owners.get(bucket)) is not None:
            return known
        listing, resource = call.pipeline.services.operation("s3", "ListObjectsV2"), call.resource
        try:
            found = listing.access.resources(call, {"Bucket": bucket})[-1]
        except AwsError:
            return ""
        finally:
            call.resource = resource
        if found.arn == f"arn:aws:s3:::{bucket}":  # by its own name, not through an access point
            if len(self._bucket_owners) >= BUCKETS_KNOWN_MAX:
                self._bucket_owners.clear()
            self._bucket_owners[bucket] = found.account
        return found.account

    def _keep(self, call: Call, shown: _Shown, packed: bytes, account: str) -> None:
        if shown.is_data:
            self._consumers.offer_data(call.pipeline, packed)
        else:
            call.state(EventHistory, account).append(packed, call.now)
        if self._consumers.are_any and call.principal.arn != consuming.PRINCIPAL:
            self._consumers.expect(call.now)


def _packed(
    call: Call,
    flags: int,
    error: AwsError | None,
    account: str,
    owner: str,
    other: str,
    traits: dict[str, str],
    asked: Any,
    answered: Any,
) -> bytes:
    """The fields of `records.Recorded`, in its order."""
    principal, origin = call.principal, call.origin
    fields = (
        call.now,
        call.service,
        call.operation,
        account,
        call.region,
        call.request_id,
        "" if error is None else error.code,
        flags | SECURE if origin.is_secure else flags,
        principal.kind,
        principal.arn,
        principal.account,
        principal.user_id,
        principal.role_arn,
        call.access_key_id,
        call.session,
        origin.ip,
        origin.user_agent,
        origin.host,
        origin.vpc_endpoint,
        call.via,
        call.resource,
        owner,
        other,
        "" if error is None else error.message[:MESSAGE_MAX],
        traits,
        asked,
        answered,
    )
    try:
        packed = _encode(fields)
    except (OverflowError, TypeError, ValueError):  # half a surrogate pair, a number beyond 64 bits
        parts = (_boundable(asked), _boundable(answered))
        return _encode((*(_text(each) if isinstance(each, str) else each for each in fields[:-2]), *parts))
    if len(packed) > PART_BYTES_MAX:
        return _encode((*fields[:-2], _boundable(asked), _boundable(answered)))
    return packed


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode()


def _boundable(value: Any) -> Any:
    """A request or a response as far as it can be packed and is not too large."""
    try:
        size = len(_encode(value))
    except (OverflowError, TypeError, ValueError) as error:
        return {"omitted": True, "reason": str(error)}
    return value if size <= PART_BYTES_MAX else {"omitted": True, "originalSize": size, "reason": "too large"}


def _shown_alone(value: Any, clean: Clean | None) -> Any:
    """A request or a response as far as it is shown; what is not of its model's shape is not shown at all."""
    if clean is None or value is None:
        return value
    try:
        return clean(value)
    except (AttributeError, LookupError, TypeError) as error:
        return {"omitted": True, "reason": f"not of the model's shape: {error}"}


def _moved(call: Call, request: dict[str, Any], response: dict[str, Any] | None) -> dict[str, str]:
    """How a request to S3 was signed, and how many bytes went in and out, as far as that is known."""
    traits = dict(call.traits)
    body = request.get("Body")
    size = len(body) if isinstance(body, bytes) else request.get("ContentLength")
    if isinstance(size, int):
        traits["in"] = str(size)
    if response is not None and isinstance(response.get("ContentLength"), int):
        traits["out"] = str(response["ContentLength"])
    return traits


@lru_cache(maxsize=4096)
def _account_in(arn: str) -> str:
    """The account in an ARN, or empty."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and len(parts[4]) == 12 and parts[4].isdigit() else ""
