"""Quotes come within a second at the ninety-ninth percentile, from the release that is in force."""

from __future__ import annotations

from stack import FUNCTION, HEAVY, SCREENS

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.load.functions import answered, caller, function_arn, package, unserved
from foulweather.kernel.why import Fact, Why

TARGET_MS = 1_000
READY_MS = 10 * MINUTE_MS
"""Environments take some minutes to become ready."""
PROVISIONED_MAX = 40


def _slow(lab: Lab, since_ms: int) -> tuple[int, int]:
    """How many quotes took more than a second, of how many."""
    served = caller(lab, "agents").served_since(since_ms)
    return sum(quote.took_ms > TARGET_MS for quote in served), len(served)


def _cold(lab: Lab, since_ms: int) -> int:
    return sum(
        event.kind == "lambda.Invoked" and event.facts["is_cold"] and not event.facts["is_provisioned"]
        for event in lab.world.journal
        if event.at_ms > since_ms
    )


def _code(lab: Lab) -> Fact:
    told = answered(lab.client("lambda").get_function_configuration(FunctionName=FUNCTION))
    return shown(lab, function_arn(lab, FUNCTION), "CodeSha256", told["CodeSha256"])


def symptom(lab: Lab) -> Why | None:
    """Two bursts of slow quotes."""
    slow, count = _slow(lab, lab.struck_at_ms or lab.now_ms)
    if slow < 2 * SCREENS:
        return None
    return unmended(f"{slow} of {count} quotes took more than a second: p99 is above four.", _code(lab))


def check(lab: Lab) -> Why | None:
    """The quotes since the mend, then what they cost, then which release gives them."""
    if not lab.struck_at_ms:
        return None
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS) + READY_MS
    why = unserved(lab, "agents", since_ms)
    if why is not None:
        return why
    slow, count = _slow(lab, since_ms)
    if 100 * slow > count:
        started = Fact(function_arn(lab, FUNCTION), "cold starts", _cold(lab, since_ms))
        return unmended(f"{slow} of {count} quotes took more than a second.", started, _code(lab))
    return _provisioned(lab) or _release(lab)


def _provisioned(lab: Lab) -> Why | None:
    told = answered(lab.client("lambda").list_provisioned_concurrency_configs(FunctionName=FUNCTION))
    count = sum(each["RequestedProvisionedConcurrentExecutions"] for each in told["ProvisionedConcurrencyConfigs"])
    if count > PROVISIONED_MAX:
        return unmended(
            f"Quotes are fast; {count} environments are paid for day and night, for {SCREENS} screens.",
            Fact(function_arn(lab, FUNCTION), "ProvisionedConcurrentExecutions", count),
        )
    return None


def _release(lab: Lab) -> Why | None:
    """What the agents get must be of the release."""
    import base64
    import hashlib

    qualifier = lab.app("agents").settings["qualifier"]
    client = lab.client("lambda")
    told = answered(client.get_function_configuration(FunctionName=FUNCTION, Qualifier=qualifier))
    wanted = base64.b64encode(hashlib.sha256(package(HEAVY)).digest()).decode()
    if told["CodeSha256"] != wanted:
        return unmended(
            "Agents get their quotes from the code of before the release: the prices are last year's.", _code(lab)
        )
    return None
