"""What AWS Certificate Manager does by the clock, and who uses its certificates, as others tell it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from foulweather.kernel.call import Call
from foulweather.services.acm import lifetimes, validating
from foulweather.services.acm.state import AcmState, Certificate, Certificates, User
from foulweather.world.journal import Event
from foulweather.world.world import World

_MEMBERS: Final = ("certificateArn", "regionalCertificateArn")


def validate(call: Call, certificate: str) -> None:
    """Look for the records that prove a certificate's names, and issue it."""
    state = call.state(AcmState)
    found = state.certificates.get(certificate)
    if found is None or found.status != "PENDING_VALIDATION":
        return
    if validating.unpublished(found):
        call.explain("DomainValidation", certificate, validating.waiting(call, found))
        return
    for name in found.names:
        call.changed("acm.DomainValidated", certificate, DomainName=name, by=validating.RULE)
    lifetimes.issue(call, state, found)
    call.changed("acm.CertificateIssued", certificate, Status="ISSUED", NotAfter=found.not_after_ms)


def time_out(call: Call, certificate: str) -> None:
    """Give a request up that nobody has proved in 72 hours."""
    state = call.state(AcmState)
    found = state.certificates.get(certificate)
    if found is None or found.status != "PENDING_VALIDATION":
        return
    call.explain("DomainValidation", certificate, validating.waiting(call, found))
    found.status = "VALIDATION_TIMED_OUT"
    state.certificates.put(certificate, found)
    call.changed("acm.ValidationTimedOut", certificate, Status="VALIDATION_TIMED_OUT")


def look(call: Call, certificate: str, issue: int) -> None:
    """Tell how long a certificate is still valid."""
    _about(call, certificate, issue, lifetimes.look)


def renew(call: Call, certificate: str, issue: int) -> None:
    """Renew a certificate that somebody uses."""
    _about(call, certificate, issue, lifetimes.renew)


def expire(call: Call, certificate: str, issue: int) -> None:
    """End a certificate that was not renewed."""
    _about(call, certificate, issue, lifetimes.expire)


def _about(call: Call, arn: str, issue: int, act: Callable[[Call, AcmState, Certificate], None]) -> None:
    """Do something with a certificate, if it still is the one that the timer was set for."""
    state = call.state(AcmState)
    found = state.certificates.get(arn)
    if found is not None and found.issue == issue and found.status == "ISSUED":
        act(call, state, found)


# --- who uses certificates, from the journal


def certificates_used(world: World, event: Event) -> None:
    """A resource of any service says which certificates it uses from now on; without any, it uses none.

    `call.happened("acm.CertificateUsed", its_arn, certificates=[certificate_arn])`
    """
    _note(world, event.resource, list(event.facts["certificates"]))


def domain_changed(world: World, event: Event) -> None:
    """A domain name of API Gateway has a certificate, or another one."""
    if not any(member in event.facts for member in _MEMBERS):
        return
    _note(world, event.resource, [event.facts[member] for member in _MEMBERS if event.facts.get(member)])


def domain_deleted(world: World, event: Event) -> None:
    """A domain name of API Gateway is no more."""
    _note(world, event.resource, [])


def _note(world: World, user: str, certificates: list[str]) -> None:
    state = world.state(Certificates)
    if certificates:
        state.users.put(user, User(certificates))
    elif user in state.users:
        state.users.delete(user)
