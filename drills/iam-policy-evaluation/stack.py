"""A management account and a member, two buckets, five programs, and five kinds of policies that they go through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foulweather.drilling.clients import Client, Identity
from foulweather.drilling.documents import document
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.storage import Host
from foulweather.drilling.regular import Regular

SHARED, BRANCH = "shared-data", "branch-data"
Statement = dict[str, Any]
Ask = Callable[[Client], Any]


def arn(bucket: str, keys: str) -> str:
    """Objects of a bucket."""
    return f"arn:aws:s3:::{bucket}/{keys}"


def allow(action: str | list[str], resource: str, **more: Any) -> Statement:
    """An Allow statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def invoices_policy(*actions: str) -> str:
    """The identity policy of the role `invoices`."""
    return document(allow([f"s3:{name}" for name in actions], arn(SHARED, "invoices/*")))


def boundary(*actions: str) -> str:
    """As far as an application gets at most."""
    return document(
        {"Sid": "Pictures", **allow([f"s3:{name}" for name in actions], arn(SHARED, "pictures/*"))},
        {"Sid": "WhoAmI", **allow("sts:GetCallerIdentity", "*")},
    )


def guardrail(*spared: str) -> str:
    """Denies writing to everybody but these roles."""
    statement: Statement = {
        "Sid": "OnlySyncWrites",
        "Effect": "Deny",
        "Action": ["s3:PutObject", "s3:DeleteObject"],
        "Resource": "*",
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": [f"arn:aws:iam::*:role/{name}" for name in spared]}},
    }
    return document(statement)


def bucket_policy(reader_arn: str, keys: str) -> str:
    """Lets a role of the member account read some objects."""
    return document(
        {"Sid": "PartnerReads", "Principal": {"AWS": reader_arn}, **allow("s3:GetObject", arn(SHARED, keys))}
    )


SESSIONS = {
    "read-write": document(allow(["s3:GetObject", "s3:PutObject"], arn(SHARED, "exports/*"))),
    "read-only": document(allow("s3:GetObject", arn(SHARED, "exports/*"))),
}


class Program(Regular):
    """Asks one thing of S3, again and again, by a fresh session of its role."""

    def __init__(self, lab: Lab, name: str, host: Host, ask: Ask, **settings: str) -> None:
        super().__init__(lab, name, **settings)
        self.host = host
        self.ask = ask

    def pause_ms(self) -> int:
        """A busy day is busier."""
        return MINUTE_MS if self.lab.struck_at_ms else 20 * MINUTE_MS

    def identity(self) -> Identity:
        """Its session."""
        return self.host.identity()

    def run(self) -> None:
        """Once."""
        self.ask(self.lab.client("s3", self.identity()))


class Export(Program):
    """Narrows its sessions itself, as its configuration says."""

    SETTINGS = {"session": tuple(SESSIONS)}

    def identity(self) -> Identity:
        """Its session, with a session policy."""
        return self.host.identity(Policy=SESSIONS[self.settings["session"]])


def putting(bucket: str, key: str) -> Ask:
    """Puts an object."""
    return lambda s3: s3.put_object(Bucket=bucket, Key=key, Body=b"{}")


def getting(bucket: str, key: str) -> Ask:
    """Gets an object."""
    return lambda s3: s3.get_object(Bucket=bucket, Key=key)


def build(lab: Lab) -> None:
    """The organization; its member needs some seconds to be made."""
    organizations = lab.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    unit = organizations.create_organizational_unit(ParentId=root, Name="Branches")["OrganizationalUnit"]["Id"]
    asked = organizations.create_account(AccountName="branch", Email="branch@example.com")["CreateAccountStatus"]["Id"]
    lab.notes.update(root=root, unit=unit, asked=asked)
    lab.at(lab.now_ms + MINUTE_MS, lambda: _furnish(lab))


def _furnish(lab: Lab) -> None:
    """Roles and buckets on both sides, then the guardrail over the member."""
    organizations, s3, notes = lab.client("organizations"), lab.client("s3"), lab.notes
    status = organizations.describe_create_account_status(CreateAccountRequestId=notes["asked"])["CreateAccountStatus"]
    branch = notes["branch"] = status["AccountId"]
    organizations.move_account(AccountId=branch, SourceParentId=notes["root"], DestinationParentId=notes["unit"])
    s3.create_bucket(Bucket=SHARED)
    for key in ("catalog.json", "pictures/logo.png", "invoices/1.json", "exports/1.json"):
        s3.put_object(Bucket=SHARED, Key=key, Body=b"{}")
    lab.client("s3", Identity(branch, lab.region)).create_bucket(Bucket=BRANCH)
    hosts = {
        "invoices": Host.made(lab, "invoices"),
        "thumbnails": Host.made(lab, "thumbnails", allow("s3:*", "*")),
        "export": Host.made(lab, "export", allow(["s3:GetObject", "s3:PutObject"], arn(SHARED, "*"))),
        "branch-sync": Host.made(lab, "branch-sync", allow("s3:PutObject", arn(BRANCH, "*")), account=branch),
        "partner-read": Host.made(lab, "partner-read", allow("s3:GetObject", arn(SHARED, "*")), account=branch),
    }
    notes["clerk"] = Host.made(lab, "clerk", allow("s3:*", "*"), account=branch)
    _govern(lab, hosts)
    put, get = putting(SHARED, "invoices/latest.json"), getting(SHARED, "pictures/logo.png")
    lab.add(Program(lab, "invoices", hosts["invoices"], put))
    lab.add(Program(lab, "thumbnails", hosts["thumbnails"], get))
    lab.add(Export(lab, "export", hosts["export"], putting(SHARED, "exports/latest.json")))
    lab.add(Program(lab, "branch-sync", hosts["branch-sync"], putting(BRANCH, "latest.json")))
    lab.add(Program(lab, "partner-read", hosts["partner-read"], getting(SHARED, "catalog.json")))


def _govern(lab: Lab, hosts: dict[str, Host]) -> None:
    """The policies of the five layers, as they were yesterday."""
    organizations, iam, notes = lab.client("organizations"), lab.client("iam"), lab.notes
    policy = invoices_policy("GetObject", "PutObject")
    iam.put_role_policy(RoleName="invoices", PolicyName="work", PolicyDocument=policy)
    made = iam.create_policy(PolicyName="AppBoundary", PolicyDocument=boundary("GetObject", "PutObject"))["Policy"][
        "Arn"
    ]
    iam.put_role_permissions_boundary(RoleName="thumbnails", PermissionsBoundary=made)
    notes.update(boundary=made, partner=hosts["partner-read"].role_arn)
    lab.client("s3").put_bucket_policy(Bucket=SHARED, Policy=bucket_policy(notes["partner"], "catalog.json"))
    summary = organizations.create_policy(
        Name="ProtectData",
        Description="Only the sync writes",
        Type="SERVICE_CONTROL_POLICY",
        Content=guardrail("branch-sync"),
    )["Policy"]["PolicySummary"]
    organizations.attach_policy(PolicyId=summary["Id"], TargetId=notes["unit"])
    notes["guardrail"] = summary["Id"]
