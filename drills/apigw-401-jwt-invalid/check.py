"""Fresh tokens are good, a minute after each rotation at the latest, and no others are."""

from __future__ import annotations

from stack import AUTHORIZER

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.api_probes import since
from foulweather.drilling.load.apis import client, failing
from foulweather.drilling.load.functions import LOGGING, function_arn
from foulweather.drilling.load.storage import wide_role
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Eight requests with good tokens."""
    return failing(lab, "people", "{} requests with fresh tokens were refused", status=401, at_least=8)


def check(lab: Lab) -> Why | None:
    """Who has a good token, who has none, and how often the key is read."""
    since_ms = since(lab)
    asked = client(lab, "people").since(since_ms)
    if not asked:
        return unmended("Nobody has asked since.", Fact("people", "requests", 0))
    rotated: list[int] = lab.notes.get("rotated_ms", [])
    for one in asked:
        if one.status != 200 and not any(at_ms <= one.asked_ms < at_ms + MINUTE_MS for at_ms in rotated):
            failed = sum(each.status != 200 for each in asked)
            told = f"{failed} of {len(asked)} requests with fresh tokens were refused: {one.text}"
            return unmended(told, Fact("people", "refused", failed))
    for one in client(lab, "impostor").since(since_ms):
        if one.status != 401:
            told = f"Fresh tokens are good, and so is one that is expired, foreign or forged: {one.status} {one.text}"
            return unmended(told, Fact("impostor", "status", one.status))
    return _reads(lab, since_ms, len(asked)) or wide_role(lab, f"{AUTHORIZER}-role", but=LOGGING)


def _reads(lab: Lab, since_ms: int, requests: int) -> Why | None:
    """Secrets Manager costs by the call, and allows so many a second: not one for each request."""
    if not lab.struck_at_ms:
        return None
    reads = sum(
        event.kind == "api.Call"
        and event.at_ms > since_ms
        and event.facts["operation"] == "GetSecretValue"
        and AUTHORIZER in event.principal
        for event in lab.world.journal
    )
    if reads * 2 > requests:
        cause = f"The key was read {reads} times for {requests} requests."
        return unmended(cause, Fact(function_arn(lab, AUTHORIZER), "GetSecretValue", reads))
    return None
