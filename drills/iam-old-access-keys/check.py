"""No active key is older than ninety days, and every application works with a key of its own."""

from __future__ import annotations

from typing import NamedTuple, cast

from stack import RUNS_EVERY_MS, Service

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import DAY_MS, Lab
from foulweather.kernel.credentials import Credentials
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

AGE_MAX_DAYS = 90
FACTS_MAX = 12


class Key(NamedTuple):
    """An access key that signs."""

    user: str
    user_arn: str
    id: str
    created_ms: int


def active_keys(lab: Lab) -> list[Key]:
    """Every active key of every user."""
    iam = lab.client("iam")
    return [
        Key(user["UserName"], user["Arn"], key["AccessKeyId"], key["CreateDate"])
        for user in iam.list_users()["Users"]
        for key in iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
        if key["Status"] == "Active"
    ]


def old_keys(lab: Lab) -> list[Key]:
    """The active keys that are older than ninety days by the world's clock."""
    return [key for key in active_keys(lab) if lab.now_ms - key.created_ms > AGE_MAX_DAYS * DAY_MS]


def _facts(lab: Lab, keys: list[Key]) -> list[Fact]:
    return [
        shown(
            lab, key.user_arn, f"AccessKey:{key.id}", f"Active, {(lab.now_ms - key.created_ms) / DAY_MS:.2f} days old"
        )
        for key in keys[:FACTS_MAX]
    ]


def symptom(lab: Lab) -> Why | None:
    """What the audit found."""
    old = old_keys(lab)
    if "audited_ms" not in lab.notes or len(old) < 12:
        return None
    return unmended(
        f"access-keys-rotated: NON_COMPLIANT. {len(old)} active keys are older than 90 days.", *_facts(lab, old)
    )


def check(lab: Lab) -> Why | None:
    """The applications first (the weekly one is run now), then whose keys they hold, then the keys' age."""
    since_ms = lab.settling_since(lab.now_ms - DAY_MS)
    apps = [cast(Service, lab.apps[name]) for name in RUNS_EVERY_MS]
    for app in apps:
        app.run()
        wrong = next((run for run in app.runs if run[0] > since_ms and run[2]), None)
        if wrong is not None:
            return unmended(f"{app.name} cannot work: {wrong[2]}.", *_held(lab, app))
    why = _whose(lab, apps)
    if why is not None:
        return why
    old = old_keys(lab)
    if old:
        names = ", ".join(sorted({key.user for key in old}))
        cause = f"The applications work, but {len(old)} active keys are older than 90 days, of {names}."
        return unmended(cause, *_facts(lab, old))
    return None


def _held(lab: Lab, app: Service) -> list[Fact]:
    """The key that an application holds: as released, and as IAM has it."""
    key = app.settings["key"]
    facts = [shown(lab, app.name, "key", key)]
    try:
        who = lab.identity_of_key(key).principal.arn
    except AwsError as error:
        return [*facts, *error.why.facts]
    return [*facts, shown(lab, who, f"AccessKey:{key}", "Active")]


def _whose(lab: Lab, apps: list[Service]) -> Why | None:
    """An application signs as a user of its own, with a key that does not expire under it."""
    holders: dict[str, str] = {}
    for app in apps:
        key = app.settings["key"]
        credential = lab.world.state(Credentials).by_id[key]
        if credential.principal.kind == "root":
            return unmended(
                f"{app.name} works with a key of the root user, who can do everything.", Fact(app.name, "key", key)
            )
        if credential.expires_ms:
            cause = f"{app.name} works with a temporary credential that nobody renews: it ends with its session."
            return unmended(cause, Fact(app.name, "key", key))
        who = credential.principal.arn
        if who in holders:
            cause = f"{app.name} and {holders[who]} work as one user: they cannot be told apart, or stopped alone."
            return unmended(cause, Fact(who, "applications", [holders[who], app.name]))
        holders[who] = app.name
        may = lab.client("iam").simulate_principal_policy(
            PolicySourceArn=who, ActionNames=["iam:CreateUser", "sqs:DeleteQueue"]
        )
        if any(one["EvalDecision"] == "allowed" for one in may["EvaluationResults"]):
            return unmended(
                f"{app.name} works, but its user may do more than send to its queue.",
                Fact(who, "policies", "too broad"),
            )
    return None
