"""Without MFA nobody gets further than to a device of his own; with MFA everybody works; services are left alone."""

from __future__ import annotations

from typing import Any, cast

from stack import BARE, Person, Service, hand_in, read_exports

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import DAY_MS, MINUTE_MS, Lab
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

JOINER = "finn"


def _reached(lab: Lab, since_ms: int) -> list[tuple[str, str]]:
    """What the red team could do since then, without repetitions."""
    team = lab.apps.get("red-team")
    reached: list[tuple[int, str, str]] = team.reached if team is not None else []  # type: ignore[attr-defined]
    return sorted({(whose, call) for at_ms, whose, call in reached if at_ms > since_ms})


def _groups(lab: Lab, name: str) -> list[dict[str, Any]]:
    try:
        return lab.client("iam").list_groups_for_user(UserName=name)["Groups"]
    except AwsError:
        return []


def _group_facts(lab: Lab, name: str) -> list[Fact]:
    """What policies the groups of a user have, with who touched them last."""
    iam, facts = lab.client("iam"), list[Fact]()
    for group in _groups(lab, name):
        called = group["GroupName"]
        inline = iam.list_group_policies(GroupName=called)["PolicyNames"]
        attached = iam.list_attached_group_policies(GroupName=called)["AttachedPolicies"]
        facts.append(shown(lab, group["Arn"], "InlinePolicies", inline))
        facts.append(shown(lab, group["Arn"], "AttachedPolicies", [each["PolicyName"] for each in attached]))
    return facts


def _mfa_active(lab: Lab, name: str) -> Fact:
    arn = f"arn:aws:iam::{lab.account}:user/{name}"
    devices = lab.client("iam").list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    return Fact(arn, "mfa_active", any(one["User"]["Arn"] == arn for one in devices))


def symptom(lab: Lab) -> Why | None:
    """What the red team has reached by now."""
    reached = _reached(lab, lab.now_ms - 15 * MINUTE_MS)
    if len(reached) < 4:
        return None
    people = lab.notes["people"]
    return unmended(
        f"{len(reached)} kinds of calls went through without MFA in the last quarter of an hour, with engineers' keys.",
        *_group_facts(lab, people[-1]),
        *(_mfa_active(lab, name) for name in people),
    )


def check(lab: Lab) -> Why | None:
    """Traffic first, then a newcomer, then what the policies say of calls that nobody tried."""
    since_ms = lab.settling_since(lab.now_ms - DAY_MS)
    newest = lab.notes["people"][-1]
    reached = _reached(lab, since_ms)
    if reached:
        told = "; ".join(f"{call} with {whose}" for whose, call in reached[:4])
        return unmended(f"Sensitive calls still succeed without MFA: {told}.", *_group_facts(lab, newest))
    for name in ("svc-exporter", "svc-crm"):
        told = [run.told for run in cast(Service, lab.apps[name]).runs_since(since_ms)]
        if not told or any(told):
            return unmended(f"The application {name} works no longer: {next(filter(None, told), 'it did not run')}.")
    return _people(lab, since_ms) or _joined(lab, newest) or _said(lab)


def _people(lab: Lab, since_ms: int) -> Why | None:
    for name in lab.notes["people"]:
        person = cast(Person, lab.apps[name])
        days = person.runs_since(since_ms)
        if not days or days[-1].error:
            told = days[-1].told if days else "no work was done"
            why = "and could not enrol a device" if not person.is_enrolled else "although a device is enrolled"
            return unmended(f"{name} is locked out, {why}: {told}", _mfa_active(lab, name), *_group_facts(lab, name))
        if person.how == BARE:
            return unmended(f"{name} still works without MFA.", _mfa_active(lab, name), *_group_facts(lab, name))
    return None


def _joined(lab: Lab, like: str) -> Why | None:
    """A colleague who starts today gets the groups of the one who started last; he, too, needs MFA at once."""
    iam, groups = lab.client("iam"), _groups(lab, like)
    iam.create_user(UserName=JOINER)
    for group in groups:
        iam.add_user_to_group(GroupName=group["GroupName"], UserName=JOINER)
    key = iam.create_access_key(UserName=JOINER)["AccessKey"]["AccessKeyId"]
    came_through: list[str] = []
    for call in (read_exports, hand_in):
        try:
            call(lab, lab.identity_of_key(key))
        except AwsError:
            continue
        came_through.append(call.__name__)
    iam.delete_access_key(UserName=JOINER, AccessKeyId=key)
    for group in groups:
        iam.remove_user_from_group(GroupName=group["GroupName"], UserName=JOINER)
    iam.delete_user(UserName=JOINER)
    if came_through:
        cause = (
            f"A new colleague with the groups of {like} works without MFA: the rule hangs on users, not on their group."
        )
        return unmended(cause, *_group_facts(lab, like))
    return None


def _said(lab: Lab) -> Why | None:
    """What the simulator says of an engineer's own and others' identities."""
    one, other = lab.notes["people"][-1], lab.notes["people"][0]
    own, others = f"arn:aws:iam::{lab.account}:user/{one}", f"arn:aws:iam::{lab.account}:user/{other}"
    rows = (
        (
            "iam:DeactivateMFADevice",
            own,
            None,
            "An engineer's bare key can take his MFA device away, and enrol another.",
        ),
        ("iam:CreateAccessKey", own, None, "An engineer's bare key can make further keys."),
        ("iam:EnableMFADevice", others, None, "Without MFA, an engineer can enrol a device for somebody else."),
        (
            "iam:EnableMFADevice",
            others,
            "true",
            "An engineer can enrol devices for others: self-service ends at one's own user.",
        ),
        ("iam:DeactivateMFADevice", others, "true", "An engineer can take other people's MFA devices away."),
        ("iam:AttachUserPolicy", own, "true", "Engineers can now give themselves any permission."),
        (
            "iam:CreateUser",
            own,
            "true",
            "Engineers can now create users: more is allowed than the work and one's own device.",
        ),
        (
            "sqs:DeleteQueue",
            "*",
            "true",
            "Engineers can now delete queues: the mend was to require MFA, not to allow more.",
        ),
    )
    for action, resource, mfa, cause in rows:
        context = [("aws:username", one, "string")] + ([("aws:MultiFactorAuthPresent", mfa, "boolean")] if mfa else [])
        result = lab.client("iam").simulate_principal_policy(
            PolicySourceArn=own,
            ActionNames=[action],
            ResourceArns=[resource],
            ContextEntries=[{"ContextKeyName": k, "ContextKeyValues": [v], "ContextKeyType": t} for k, v, t in context],
        )
        if result["EvaluationResults"][0]["EvalDecision"] == "allowed":
            return unmended(cause, Fact(own, action, resource), *_group_facts(lab, one))
    return None
