"""Each request is in both logs, and nothing of its body is."""

from __future__ import annotations

from stack import SECRET, groups

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import answers, since
from foulweather.drilling.load.apis import client
from foulweather.drilling.load.storage import refusal
from foulweather.kernel.why import Fact, Why


def _lines(lab: Lab, group: str, since_ms: int) -> list[str]:
    logs, found = lab.client("logs"), list[str]()
    asked = {"logGroupName": group, "startTime": since_ms}
    if refusal(lambda: logs.filter_log_events(**asked)) is not None:
        return found
    page = logs.filter_log_events(**asked)
    found += [event["message"] for event in page["events"]]
    while page.get("nextToken"):
        page = logs.filter_log_events(**asked, nextToken=page["nextToken"])
        found += [event["message"] for event in page["events"]]
    return found


def symptom(lab: Lab) -> Why | None:
    """Five errors, and no line of any."""
    since_ms = lab.struck_at_ms or lab.now_ms
    failed = client(lab, "shop").failed_since(since_ms)
    if len(failed) < 5 or any(_lines(lab, group, since_ms) for group in groups(lab)):
        return None
    told = f"{len(failed)} requests failed ({failed[-1].status} {failed[-1].text}), and no log has a line of any."
    return unmended(told, Fact("shop", "failed", len(failed)))


def check(lab: Lab) -> Why | None:
    """Both logs, of each request that was asked since."""
    since_ms = since(lab)
    asked = [answer for answer in answers(lab, since_ms, "an order") if answer.asked_ms + answer.took_ms < lab.now_ms]
    if not asked:
        return unmended("No order has been asked for since.", Fact("orders", "requests", 0))
    for group, told in zip(groups(lab), ("the steps", "a line"), strict=True):
        text = "\n".join(_lines(lab, group, since_ms))
        for answer in asked:
            request = answer.headers.get("x-amzn-requestid", "-")
            if request not in text:
                return unmended(f"{group} has not {told} of request {request}.", Fact(group, request, None))
        if SECRET in text:
            return unmended(f"{group} has the numbers of credit cards now.", Fact(group, "body of requests", "logged"))
        if group == groups(lab)[0] and "Endpoint request URI" not in text:
            return unmended(f"{group} does not say what was asked of the function.", Fact(group, "level", "not INFO"))
    return None
