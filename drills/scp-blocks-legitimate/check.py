"""The launch goes through, what worked works, and the guardrails hold everything else that they held."""

from __future__ import annotations

from stack import Errand, Release, as_role, in_region

from foulweather.drilling.clients import Identity
from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

CLOSED = ("eu-west-2", "eu-central-1", "ap-southeast-2", "us-east-2")


def symptom(lab: Lab) -> Why | None:
    """Three refusals of the release."""
    release = lab.apps.get("release-eu")
    if not isinstance(release, Release):
        return None
    errors = [error for _, error in release.runs if error is not None]
    if len(errors) < 3:
        return None
    return unmended(
        f"The release into eu-west-1 was refused {len(errors)} times: {errors[-1]}",
        Fact("release-eu", "refusals", len(errors)),
        because=[errors[-1].why],
    )


def check(lab: Lab) -> Why | None:
    """Traffic, then what should be refused."""
    since_ms = lab.settling_since(lab.now_ms - 35 * MINUTE_MS)
    regions = _content(lab)
    for app in lab.apps.values():
        assert isinstance(app, Errand)
        error = app.failed_since(since_ms)
        if error is not None:
            return unmended(f"{app.name} is refused: {error}", *regions, because=[error.why])
        if not app.runs_since(since_ms):
            return unmended(f"{app.name} has not run.", Fact(app.name, "runs", 0))
    return _still_closed(lab, regions) or _root_still_out(lab, regions)


def _content(lab: Lab) -> list[Fact]:
    """The region guardrail as it is now, with who set it; none if it was deleted."""
    arn = lab.notes["RestrictRegions"]
    try:
        policy = lab.client("organizations").describe_policy(PolicyId=arn.rpartition("/")[2])["Policy"]
    except AwsError:
        return [shown(lab, arn, "Content", None)]
    return [shown(lab, arn, "Content", policy["Content"])]


def _still_closed(lab: Lab, facts: list[Fact]) -> Why | None:
    """Whether the two accounts are refused in regions that nobody approved."""
    for region in CLOSED:
        callers = {
            "the deployment role of shop-prod": as_role(lab, "release", "deployment", region),
            "the shop's role": as_role(lab, "shop-hosts", "shop-app", region),
            "an administrator of analytics": in_region(lab.identity_of_key(lab.notes["keys"]["analyst"]), region),
        }
        for who, caller in callers.items():
            if _may_make_a_queue(lab, caller):
                return unmended(
                    f"The launch works, but {who} can make queues in {region} as well: only Ireland was approved.",
                    Fact(who, "may sqs:CreateQueue in", region),
                    *facts,
                )
    return None


def _root_still_out(lab: Lab, facts: list[Fact]) -> Why | None:
    for name in ("shop", "analytics"):
        account = lab.notes[name]
        try:
            lab.client("sqs", Identity(account, lab.region)).list_queues()
        except AwsError:
            continue
        arn = f"arn:aws:iam::{account}:root"
        return unmended(
            f"The launch works, but the root user of {account} is no longer locked out: "
            "the account has lost DenyRootUser.",
            Fact(arn, "may sqs:ListQueues", True),
            *facts,
        )
    return None


def _may_make_a_queue(lab: Lab, caller: Identity) -> bool:
    sqs = lab.client("sqs", caller)
    try:
        queue = sqs.create_queue(QueueName="orders-probe")["QueueUrl"]
    except AwsError:
        return False
    sqs.delete_queue(QueueUrl=queue)
    return True
