"""How S3 words a denial, and to whom."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.policy.evaluate import Verdict


def denied_words(call: Call, verdict: Verdict, usual: str) -> str:
    """S3 tells why only within the bucket's account and organization; others hear `Access Denied`.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html#access-denied-message-examples
    """
    ask = verdict.ask
    guardrails = call.pipeline.guardrails
    if not ask.principal.account or not (
        ask.within_account
        or (
            guardrails is not None
            and guardrails.organization_id(ask.principal.account)
            and guardrails.organization_id(ask.principal.account) == guardrails.organization_id(ask.resource_account)
        )
    ):
        return "Access Denied"
    if ask.resource == "*":
        return usual
    return usual.replace(f"on resource: {ask.resource}", f'on resource: "{ask.resource}"', 1)
