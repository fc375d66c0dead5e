"""Builds are announced, within a boundary that allows this and nothing more than before."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from stack import BUILDS, LEDGER, LEDGER_TOPIC, OTHER_TOPIC, ROLE, TOPIC, Builder, Developer

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import DAY_MS, MINUTE_MS, Lab
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why


class Row(NamedTuple):
    """A call that the boundary must not allow, and what it would mean."""

    action: str
    resource: str
    cause: str
    region: str = "us-east-1"
    environment: str = ""


def _rows(lab: Lab) -> list[Row]:
    account, role = lab.account, lab.notes["role"]
    identities = "developers could change identities, and so their own limits"
    production = "developers would reach production"
    whole = "developers could do more with the topic or the queue than they need"
    abroad = "developers would leave us-east-1 and us-west-2"
    other = "developers would reach what is not theirs"

    def at(service: str, region: str, name: str) -> str:
        return f"arn:aws:{service}:{region}:{account}:{name}"

    return [
        *(
            Row(f"iam:{name}", role, identities)
            for name in ("DeleteRolePermissionsBoundary", "PutRolePolicy", "CreateRole")
        ),
        Row("iam:CreatePolicyVersion", lab.notes["boundary"], identities),
        Row("iam:CreateUser", f"arn:aws:iam::{account}:user/x", identities),
        Row("organizations:LeaveOrganization", "*", identities),
        Row("sqs:SendMessage", at("sqs", "us-east-1", LEDGER), production, environment="production"),
        Row("sns:Publish", at("sns", "us-east-1", LEDGER_TOPIC), production, environment="production"),
        Row("sqs:SendMessage", at("sqs", "us-east-1", BUILDS), production, environment="production"),
        Row("sqs:SendMessage", at("sqs", "eu-west-1", BUILDS), abroad, "eu-west-1"),
        Row("sns:Publish", at("sns", "eu-west-1", TOPIC), abroad, "eu-west-1"),
        Row("sns:Publish", at("sns", "us-east-1", OTHER_TOPIC), other),
        Row("sqs:SendMessage", at("sqs", "us-east-1", "payments"), other),
        *(
            Row(f"sns:{name}", at("sns", "us-east-1", TOPIC), whole)
            for name in ("DeleteTopic", "SetTopicAttributes", "AddPermission")
        ),
        Row("sqs:DeleteQueue", at("sqs", "us-east-1", BUILDS), whole),
        Row("lambda:CreateFunction", at("lambda", "us-east-1", "function:x"), other),
    ]


def _simulated(lab: Lab, row: Row) -> dict[str, Any]:
    context = [("aws:RequestedRegion", row.region)]
    if row.environment:
        context.append(("aws:ResourceTag/Environment", row.environment))
    result = lab.client("iam").simulate_principal_policy(
        PolicySourceArn=lab.notes["role"],
        ActionNames=[row.action],
        ResourceArns=[row.resource],
        ContextEntries=[{"ContextKeyName": k, "ContextKeyValues": [v], "ContextKeyType": "string"} for k, v in context],
    )
    return result["EvaluationResults"][0]


def _boundary_arn(lab: Lab) -> str:
    role = lab.client("iam").get_role(RoleName=ROLE)["Role"]
    return role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")


def _facts(lab: Lab) -> list[Fact]:
    """The role's boundary, and what it says, with who set them."""
    iam = lab.client("iam")
    try:
        arn = _boundary_arn(lab)
    except AwsError as error:
        return [shown(lab, lab.notes["role"], "RoleName", error.message)]
    facts = [shown(lab, lab.notes["role"], "PermissionsBoundary", arn or None)]
    if arn:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        text = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        facts.append(shown(lab, arn, "PolicyDocument", text))
    return facts


def _failed(lab: Lab, name: str, since_ms: int) -> list[str]:
    return [run.told for run in cast(Developer, lab.apps[name]).runs_since(since_ms) if run.error]


def symptom(lab: Lab) -> Why | None:
    """Builds of the last ten minutes that could not be announced."""
    failed = _failed(lab, "builder", lab.now_ms - 10 * MINUTE_MS)
    if len(failed) < 3:
        return None
    return unmended(f"{len(failed)} builds of the last ten minutes failed: {failed[-1]}", *_facts(lab))


def check(lab: Lab) -> Why | None:
    """Traffic first, then the boundary."""
    since_ms = lab.settling_since(lab.now_ms - DAY_MS)
    for name in ("builder", "tester"):
        failed = _failed(lab, name, since_ms)
        if failed:
            return unmended(f"The {name} still fails: {failed[-1]}", *_facts(lab))
    builder = cast(Builder, lab.apps["builder"])
    is_after = bool(lab.struck_at_ms)
    if is_after and not any(at_ms > since_ms for at_ms in builder.announced):
        return unmended(
            "No build was announced: the feature was taken back, and not made to work.",
            Fact("builder", "announce", builder.settings["announce"]),
        )
    if not _boundary_arn(lab):
        return unmended(
            "The role has no permissions boundary any longer: whatever its policies say holds without a limit.",
            *_facts(lab),
        )
    if is_after:
        wanted = Row("sns:Publish", lab.notes["topics"][TOPIC], "", environment="development")
        if _simulated(lab, wanted)["EvalDecision"] != "allowed":
            return unmended(
                "Builds are announced past the boundary: it does not allow what the role does.", *_facts(lab)
            )
    for row in _rows(lab):
        result = _simulated(lab, row)
        if result.get("PermissionsBoundaryDecisionDetail", {}).get(
            "AllowedByPermissionsBoundary", result["EvalDecision"] == "allowed"
        ):
            where = f" in {row.region}" if row.region != "us-east-1" else ""
            tagged = " that is tagged Environment=production" if row.environment else ""
            cause = f"The boundary now lets {row.action} through on {row.resource}{tagged}{where}: {row.cause}."
            return unmended(cause, *_facts(lab))
    return _unlimited(lab)


def _unlimited(lab: Lab) -> Why | None:
    """A user or role that was made, or let loose, on the way: it may change identities."""
    iam = lab.client("iam")
    found = [*iam.list_users()["Users"], *iam.list_roles()["Roles"]]
    for arn in (each["Arn"] for each in found):
        result = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["iam:AttachUserPolicy"])
        if result["EvaluationResults"][0]["EvalDecision"] == "allowed":
            cause = f"{arn} may change identities: an administrator was left behind who has no limits."
            return unmended(cause, shown(lab, arn, "AttachedPolicy", "iam:AttachUserPolicy is allowed"))
    return None
