"""Machines work, people can administer with MFA, and nobody has more than that: tried out, not read from documents."""

from __future__ import annotations

import json
from urllib.parse import unquote

from stack import ADMINISTRATOR, APPLIANCE, PEOPLE, PIPELINE, PIPELINE_ROLE, Appliance, Pipeline, as_role, as_user

from foulweather.drilling.judging import principals, shown, statements, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """The audit's scan: who holds AdministratorAccess directly."""
    held = _attached(lab)
    if len(held) < 5:
        return None
    return unmended(
        f"AdministratorAccess is attached directly to {len(held)} users: {', '.join(held)}.", *_shown(lab, held)
    )


def check(lab: Lab) -> Why | None:
    """Traffic, then users, then roles, then whether the people can work."""
    return _stopped(lab) or _users(lab) or _roles(lab) or _people(lab)


def _attached(lab: Lab) -> list[str]:
    users = lab.client("iam").list_entities_for_policy(PolicyArn=ADMINISTRATOR)["PolicyUsers"]
    return sorted(user["UserName"] for user in users)


def _shown(lab: Lab, users: list[str]) -> list[Fact]:
    return [shown(lab, f"arn:aws:iam::{lab.account}:user/{user}", ADMINISTRATOR, "attached") for user in users]


def _stopped(lab: Lab) -> Why | None:
    since_ms = lab.settling_since(lab.now_ms - 40 * MINUTE_MS)
    for app in lab.apps.values():
        if not isinstance(app, Pipeline | Appliance):
            continue
        error = app.failed_since(since_ms)
        if error is not None:
            facts = _shown(lab, _attached(lab))
            return unmended(f"The {app.name} has stopped: {error}", *facts, because=[error.why])
        if not app.runs_since(since_ms):
            return unmended(f"The {app.name} did not run.", Fact(app.name, "runs", 0))
    return None


# --- what a user or role may do


def _powers(lab: Lab) -> list[tuple[str, str]]:
    """What only an administrator may do, of each kind one."""
    somebody, role = f"arn:aws:iam::{lab.account}:user/somebody", f"arn:aws:iam::{lab.account}:role/some-role"
    return [
        ("iam:CreateUser", somebody),
        ("iam:AttachUserPolicy", somebody),
        ("iam:PutUserPolicy", somebody),
        ("iam:CreateAccessKey", somebody),
        ("iam:CreateRole", role),
        ("iam:PutRolePolicy", role),
        ("iam:UpdateAssumeRolePolicy", role),
        ("sqs:DeleteQueue", _queue(lab, "ledger")),
        ("sns:DeleteTopic", lab.notes["payroll"]),
    ]


def _beyond(lab: Lab) -> list[tuple[str, str]]:
    """What neither machine does."""
    return [
        *_powers(lab),
        ("sqs:SetQueueAttributes", _queue(lab, "ledger")),
        ("sqs:ReceiveMessage", _queue(lab, "ledger")),
        ("sqs:ReceiveMessage", _queue(lab, "shop-orders")),
        ("sqs:PurgeQueue", _queue(lab, "shop-orders")),
        ("sqs:DeleteQueue", _queue(lab, "shop-orders")),
        ("sns:Publish", lab.notes["payroll"]),
        ("sns:DeleteTopic", lab.notes["reports"]),
    ]


def _queue(lab: Lab, name: str) -> str:
    return lab.queue_arn(name)


def _may(lab: Lab, arn: str, asked: list[tuple[str, str]], *, mfa: str = "true") -> list[tuple[str, str]]:
    """Those of the actions that an identity's policies allow."""
    context = [
        {"ContextKeyName": "aws:MultiFactorAuthPresent", "ContextKeyType": "boolean", "ContextKeyValues": [mfa]},
        {"ContextKeyName": "aws:MultiFactorAuthAge", "ContextKeyType": "numeric", "ContextKeyValues": ["1"]},
    ]
    iam = lab.client("iam")
    return [
        (action, resource)
        for action, resource in asked
        if iam.simulate_principal_policy(
            PolicySourceArn=arn,
            ActionNames=[action],
            ResourceArns=[resource],
            ContextEntries=context if mfa == "true" else context[:1],
        )["EvaluationResults"][0]["EvalDecision"]
        == "allowed"
    ]


def _too_much(what: str, arn: str, found: list[tuple[str, str]]) -> Why:
    action, resource = found[0]
    return unmended(what, Fact(arn, f"may {action}", resource), Fact(arn, "allowed of what it should not", len(found)))


# --- users


def _users(lab: Lab) -> Why | None:
    held = _attached(lab)
    if held:
        return unmended(f"AdministratorAccess is still attached directly to {', '.join(held)}.", *_shown(lab, held))
    for user in lab.client("iam").list_users()["Users"]:
        name, arn = user["UserName"], user["Arn"]
        found = _may(lab, arn, _powers(lab))
        if found:
            return _too_much(
                f"{name} holds an administrator's rights after all, by a group or by another policy: for one, "
                f"{found[0][0]}. What counts is what the key can do, not the name of the policy.",
                arn,
                found,
            )
    return _machines(lab)


def _machines(lab: Lab) -> Why | None:
    """The two machines' users: one may become a role, the other publish."""
    reports = ("sns:Publish", lab.notes["reports"])
    own = [
        *(
            (action, _queue(lab, "shop-orders"))
            for action in ("sqs:GetQueueUrl", "sqs:SetQueueAttributes", "sqs:TagQueue")
        ),
        reports,
    ]
    for name, forbidden in ((PIPELINE, [*own, *_beyond(lab)]), (APPLIANCE, [*own[:3], *_beyond(lab)])):
        arn = f"arn:aws:iam::{lab.account}:user/{name}"
        found = _may(lab, arn, forbidden)
        if found:
            return _too_much(f"The key of {name} can {found[0][0]} on {found[0][1]}, and need not.", arn, found)
    return None


# --- roles


def _roles(lab: Lab) -> Why | None:
    users = [user["UserName"] for user in lab.client("iam").list_users()["Users"]]
    for role in lab.client("iam").list_roles()["Roles"]:
        if role["Path"].startswith("/aws-service-role/"):
            continue
        document = role["AssumeRolePolicyDocument"]
        trust = json.loads(unquote(document)) if isinstance(document, str) else document
        if any("*" in principals(one) and one.get("Effect") == "Allow" for one in statements(trust)):
            return unmended(
                f"The role {role['RoleName']} trusts everybody, in any account.",
                shown(lab, role["Arn"], "AssumeRolePolicyDocument", json.dumps(trust)),
            )
        found = _role(lab, role["RoleName"], role["Arn"], users)
        if found is not None:
            return found
    return None


def _role(lab: Lab, name: str, arn: str, users: list[str]) -> Why | None:
    """Whom a role lets in who has shown nothing but a key, and what that gives them."""
    powers = _may(lab, arn, _powers(lab), mfa="false")
    for user in users:
        if not _gets_in(lab, user, name):
            continue
        if user == PIPELINE:
            found = _may(lab, arn, [*_beyond(lab), ("sns:Publish", lab.notes["reports"])])
            if found:
                return _too_much(
                    f"In the role {name} the pipeline can {found[0][0]} on {found[0][1]}, which it never does: a "
                    "role does not make rights smaller.",
                    arn,
                    found,
                )
        if powers:
            return unmended(
                f"{user} becomes {name} with an access key alone, and may then {powers[0][0]}: the way to an "
                "administrator's rights must ask for MFA, of a caller who says nothing about it, too.",
                shown(lab, arn, "AssumeRolePolicyDocument", name),
                Fact(f"arn:aws:iam::{lab.account}:user/{user}", "aws:MultiFactorAuthPresent", None),
            )
        if user == APPLIANCE:
            return unmended(f"{user} can become {name}; it has to publish, and no more.", Fact(arn, "lets in", user))
    return None


def _gets_in(lab: Lab, user: str, role: str, *, mfa: bool = False) -> bool:
    try:
        # Users that were made since have keys that the lab does not know: whoever made them does.
        if user not in lab.notes["keys"]:
            keys = lab.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
            if not keys:
                return False
            lab.notes["keys"][user] = keys[0]["AccessKeyId"]
        as_role(lab, user, role, mfa=mfa)
    except AwsError:
        return False
    return True


# --- people


def _people(lab: Lab) -> Why | None:
    """Whether each of the three can administer the account with a code of their device."""
    powers = _powers(lab)
    roles = [role for role in lab.client("iam").list_roles()["Roles"] if role["RoleName"] != PIPELINE_ROLE]
    admin = [role["RoleName"] for role in roles if len(_may(lab, role["Arn"], powers)) == len(powers)]
    for person in PEOPLE:
        arn = f"arn:aws:iam::{lab.account}:user/{person}"
        try:
            as_user(lab, person)
        except AwsError as error:
            return unmended(
                f"{person} cannot sign in at all: {error}", Fact(arn, "access key", None), because=[error.why]
            )
        if not any(_gets_in(lab, person, role, mfa=True) for role in admin):
            what = (
                f"{', '.join(admin)} does not let them in"
                if admin
                else "there is no role with an administrator's rights"
            )
            return unmended(
                f"{person} showed a code of the MFA device and still cannot administer the account: {what}.",
                Fact(arn, "administrator's roles that let them in", []),
            )
    return None
