"""Pictures arrive as they were sent, JSON is validated as before, and who is refused is told why."""

from __future__ import annotations

from typing import cast

from stack import MODEL, PATH, Mobile

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import DAY_MS, Lab
from foulweather.drilling.load.apis import client, failing, unserved
from foulweather.drilling.load.functions import answered
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Five uploads that were refused."""
    return failing(lab, "mobile", "{} uploads were refused", status=400)


def check(lab: Lab) -> Why | None:
    """Both clients, then the bytes, then what is refused."""
    since_ms = lab.settling_since(lab.now_ms - DAY_MS)
    unwell = unserved(lab, "website", since_ms) or unserved(lab, "mobile", since_ms)
    if unwell is not None:
        return unwell
    mobile = cast(Mobile, lab.app("mobile"))
    if lab.struck_at_ms and mobile.settings["form_header"] == "no-picture":
        return unmended("The app sends no pictures any more.", Fact("mobile", "form_header", "no-picture"))
    mangled = [at_ms for at_ms in mobile.mangled if at_ms > since_ms]
    if mangled:
        api = lab.notes["api"]
        told = answered(lab.client("apigateway").get_rest_api(restApiId=api)).get("binaryMediaTypes")
        fact = shown(lab, f"arn:aws:apigateway:{lab.region}::/restapis/{api}", "binaryMediaTypes", told)
        return unmended(f"{len(mangled)} pictures did not arrive as they were sent.", fact)
    tests = client(lab, "contract-tests").since(since_ms)
    for test in tests:
        if test.status != 400:
            cause = f"JSON without a name is answered with {test.status} {test.text}"
            return unmended(cause, Fact(f"POST {PATH}", "status", test.status))
        if lab.struck_at_ms and '"name' not in test.text.replace("\\", ""):
            return unmended(
                f"Who sends no name is told {test.text}: not what is missing.", Fact(MODEL, "told", test.text)
            )
    if not tests:
        return unmended("Nobody has tried JSON without a name since.", Fact("contract-tests", "tried", 0))
    return None
