"""The faults that a request meets on its way in, before the service looks at it: network, clock, credential.

Over HTTP the wire asks here as soon as it knows what a request is for; calls in process, and services'
own calls, ask at the first gate. What a service calls for itself is not signed by anybody's key or clock.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from foulweather.gates import refusals
from foulweather.gates.faults import words
from foulweather.gates.faults.book import Faults
from foulweather.gates.faults.fault import Fault
from foulweather.gates.refusals import Family
from foulweather.gates.signed_times import Signed, check_times, stamp_of
from foulweather.kernel.call import Call
from foulweather.kernel.connections import ConnectionBroken
from foulweather.kernel.errors import AwsError
from foulweather.kernel.model import catalogue
from foulweather.kernel.services import Operation
from foulweather.kernel.why import Fact


class Signature(NamedTuple):
    """When a request was signed, for which service, as `check_times` asks; `token` is its session's."""

    service: str
    signed_at_ms: int
    stamp: str
    presigned: bool = False
    expires_s: int | None = None


def arrival(call: Call, operation: Operation, request: dict[str, Any]) -> None:
    """Break the connection of a call that a cut keeps from its service; refuse what a fault makes invalid."""
    found = Faults.of(call.world)
    if not found.active or found.was_let_in(call):
        return
    cut(found, call)
    if call.hop.parent_id or call.principal.kind in ("service", "anonymous"):
        return
    entry = catalogue()[call.service]
    family = refusals.family(call.service, entry.protocols[0])
    signed = Signature(entry.signing_name, call.now, stamp_of(call.now))
    check_clock(found, call, signed, call.now, family)
    check_credential(found, call, family)


def arrive(call: Call, signed: Signed | None, now_ms: int, token: str, family: Family) -> None:
    """Judge a request on its way in: the network, the times of its signature, its credentials.

    `now_ms` is the time that the signature is to be compared with.
    """
    found = Faults.of(call.world)
    cut(found, call)
    if signed is not None:
        check_clock(found, call, signed, now_ms, family)
        check_credential(found, call, family, token)


def cut(found: Faults, call: Call) -> None:
    """Break the connection of a call that does not get through the network."""
    fault = found.meeting(call, "network")
    if fault is None:
        return
    found.met(fault, call)
    cause = (
        f"The network between {call.principal.arn} and {call.service} in {call.region} is cut, because of {fault.id}: "
        "the request never arrived."
    )
    why = words.reason(fault, cause, Fact(fault.id, "as", fault.how))
    if fault.how == "reset":
        raise ConnectionBroken(
            call.request_id, "ConnectionReset", "The connection was reset by the peer.", is_reset=True, why=why
        )
    raise ConnectionBroken(
        call.request_id, "ConnectionTimedOut", "The connection timed out.", held_ms=fault.delay_ms, why=why
    )


def check_clock(found: Faults, call: Call, signed: Signed, now_ms: int, family: Family) -> None:
    """Refuse a signature whose time is wrong, or would be by the caller's clock as a fault has set it."""
    fault = found.meeting(call, "clock")
    if fault is None:
        check_times(signed, now_ms, family)
        return
    told_ms = signed.signed_at_ms + fault.offset_ms
    by_clock = Signature(signed.service, told_ms, stamp_of(told_ms), signed.presigned, signed.expires_s)
    try:
        check_times(by_clock, now_ms, family)
    except AwsError as error:
        check_times(signed, now_ms, family)  # what is wrong without the fault is not its doing
        found.met(fault, call)
        raise error.because(_skewed(fault, call, error)) from None


def check_credential(found: Faults, call: Call, family: Family, token: str = "") -> None:
    """Refuse a credential that a fault has made invalid, in the words for one that expired or is inactive."""
    fault = found.meeting(call, "credential")
    if fault is None:
        return
    found.met(fault, call)
    who, key = call.principal.arn, call.access_key_id
    if call.session is not None:
        error = refusals.expired_token(family, token)
        cause = f"The session of {who} counts as expired, because of {fault.id}."
        status = "expired"
    else:
        error = refusals.unknown_key(family, key)
        cause = f"The access key {key or 'of ' + who} counts as inactive, because of {fault.id}."
        status = "inactive"
    raise error.because(words.reason(fault, cause, Fact(key or who, "status", status)))


def _skewed(fault: Fault, call: Call, error: AwsError) -> Any:
    side = "ahead" if fault.offset_ms > 0 else "behind"
    cause = (
        f"The clock of {call.principal.arn} is {words.duration(abs(fault.offset_ms))} {side}, because of {fault.id}: "
        "its signatures are not of this time."
    )
    own = (Fact(fault.id, "offset_ms", fault.offset_ms), *error.why.facts)
    return words.reason(fault, cause, *own)
