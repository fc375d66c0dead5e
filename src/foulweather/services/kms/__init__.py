"""AWS Key Management Service: keys, what they encrypt and sign, and who may use them."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.service import Service
from foulweather.policy.evaluate import Verdict

CIPHERTEXT_REFERS = (
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are "
    "not allowed to access."
)


def _denied_words(call: Call, verdict: Verdict, usual: str) -> str:
    """A key of another account, or one that is not there, is not told apart from one that may not be used."""
    policies = verdict.policies
    is_there = policies.resource is not None
    is_ours = verdict.ask.within_account or call.principal.kind == "service"
    if verdict.kind != "resource-based" or (is_ours and is_there):
        return usual
    if verdict.ask.action in ("kms:Decrypt", "kms:ReEncryptFrom") and not is_there:
        return CIPHERTEXT_REFERS
    return (
        f"User: {call.principal.arn} is not authorized to perform: {verdict.ask.action} on resource: "
        f"{verdict.ask.resource} because the resource does not exist in this Region, no resource-based policies allow "
        "access, or a resource-based policy explicitly denies access"
    )


SERVICE = Service(
    name="kms",
    package=__name__,
    modules=(
        "keys",
        "deletion",
        "aliases",
        "tags",
        "key_policies",
        "grants",
        "rotation",
        "regions",
        "importing",
        "encryption",
        "data_keys",
        "signing",
        "macs",
    ),
    access_denied="AccessDeniedException",
    denied_words=_denied_words,
    denied_status=400,
    checks_model=True,
)
