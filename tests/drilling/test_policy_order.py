"""The order in which policies are evaluated, by S3's own answers, against a table that is written down here."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import pytest

from drilling.load.labs import MINUTE_MS, new_lab, pass_ms
from foulweather.drilling.clients import Identity
from foulweather.drilling.documents import document
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.storage import Host, refusal
from foulweather.kernel.errors import AwsError

BUCKET = "branch-data"
OBJECT = f"arn:aws:s3:::{BUCKET}/*"
YES = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": OBJECT}
NO = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": OBJECT}
ELSE = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}

# The rest stays allowed: the other layers are to be set whatever the guardrail says of the object.
SCPS = {
    "allows": [EVERYTHING],
    "silent": [{"Effect": "Allow", "NotAction": "s3:GetObject", "Resource": "*"}],
    "denies": [EVERYTHING, NO],
}
BOUNDARIES = {"none": None, "allows": [YES], "silent": [ELSE], "denies": [YES, NO]}
SESSIONS = {"none": None, "allows": [YES], "silent": [ELSE], "denies": [YES, NO]}
IDENTITIES = {"allows": [YES], "silent": [ELSE], "denies": [YES, NO]}
RESOURCES = ("none", "role", "session", "denies")


class Case(NamedTuple):
    scp: str
    boundary: str
    session: str
    identity: str
    resource: str


def reference(case: Case) -> set[str]:
    """The layers that refuse; nobody does where it is empty.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    """
    denies = {name for name, what in zip(case._fields, case, strict=True) if what == "denies"}
    if denies:
        return denies
    refusing = {"scp"} if case.scp == "silent" else set[str]()
    if case.resource == "session":
        return refusing
    if case.identity == "silent" and case.resource != "role":
        refusing.add("identity")
    return refusing | {name for name in ("boundary", "session") if getattr(case, name) == "silent"}


LAYERS = {
    "scp": "service control policy",
    "boundary": "permissions boundary",
    "session": "session policy",
    "identity": "identity-based policy",
    "resource": "resource-based policy",
}


def tail(layer: str, is_denied: bool) -> str:
    """How S3 words it."""
    name = LAYERS[layer]
    article = "an" if name[0] == "i" else "a"
    return f"with an explicit deny in {article} {name}" if is_denied else f"because no {name} allows"


class Stage:
    """A member account with a role, a bucket, and a service control policy; each layer is set at will."""

    def __init__(self, lab: Lab, branch: str, host: Host, scp: str) -> None:
        self.lab = lab
        self.branch = branch
        self.host = host
        self.scp = scp
        self.iam = lab.client("iam", Identity(branch, lab.region))
        self.s3 = lab.client("s3", Identity(branch, lab.region))

    def boundary(self, which: str) -> None:
        if which == "none":
            refusal(lambda: self.iam.delete_role_permissions_boundary(RoleName="app-role"))
            return
        arn = f"arn:aws:iam::{self.branch}:policy/{which}"
        self.iam.put_role_permissions_boundary(RoleName="app-role", PermissionsBoundary=arn)

    def identity(self, which: str) -> None:
        self.iam.put_role_policy(RoleName="app-role", PolicyName="work", PolicyDocument=document(*IDENTITIES[which]))

    def resource(self, which: str) -> None:
        if which == "none":
            self.s3.delete_bucket_policy(Bucket=BUCKET)
            return
        session = f"arn:aws:sts::{self.branch}:assumed-role/app-role/app-role"
        whom = session if which == "session" else self.host.role_arn
        statement = {**(NO if which == "denies" else YES), "Principal": {"AWS": whom}}
        self.s3.put_bucket_policy(Bucket=BUCKET, Policy=document(statement))

    def asked(self, session: str) -> AwsError | None:
        policy = SESSIONS[session]
        identity = self.host.identity(**({"Policy": document(*policy)} if policy else {}))
        return refusal(lambda: self.lab.client("s3", identity).get_object(Bucket=BUCKET, Key="a"))


async def staged() -> Stage:
    lab = new_lab()
    organizations = lab.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    asked = organizations.create_account(AccountName="branch", Email="branch@example.com")["CreateAccountStatus"]["Id"]
    await pass_ms(lab, MINUTE_MS)
    status = organizations.describe_create_account_status(CreateAccountRequestId=asked)["CreateAccountStatus"]
    branch = status["AccountId"]
    host = Host.made(lab, "app-role", account=branch)
    stage = Stage(lab, branch, host, "")
    stage.s3.create_bucket(Bucket=BUCKET)
    stage.s3.put_object(Bucket=BUCKET, Key="a", Body=b"")
    for name, statements in BOUNDARIES.items():
        if statements is not None:
            stage.iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))
    made = organizations.create_policy(
        Name="guard", Description="guard", Type="SERVICE_CONTROL_POLICY", Content=document(EVERYTHING)
    )["Policy"]["PolicySummary"]
    organizations.attach_policy(PolicyId=made["Id"], TargetId=branch)
    organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=branch)
    stage.scp = made["Id"]
    return stage


async def test_every_combination_is_decided_as_the_reference_says() -> None:
    stage = await staged()
    organizations = stage.lab.client("organizations")
    cases = worded = 0
    for scp, statements in SCPS.items():
        organizations.update_policy(PolicyId=stage.scp, Content=document(*statements))
        for boundary, identity, resource in itertools.product(BOUNDARIES, IDENTITIES, RESOURCES):
            stage.boundary(boundary)
            stage.identity(identity)
            stage.resource(resource)
            for session in SESSIONS:
                case = Case(scp, boundary, session, identity, resource)
                error, refusing = stage.asked(session), reference(case)
                assert (error is None) is (not refusing), (case, error, refusing)
                cases += 1
                if error is not None and len(refusing) == 1:
                    layer = next(iter(refusing))
                    assert tail(layer, getattr(case, layer) == "denies") in error.message, (case, error.message)
                    worded += 1
    assert cases == 3 * 4 * 4 * 3 * 4
    assert worded > 100


@pytest.mark.parametrize("identity", [True, False])
@pytest.mark.parametrize("resource", ["none", "allows", "denies"])
@pytest.mark.parametrize("bound", [True, False])
async def test_a_users_own_bucket_policy_is_enough_within_an_account(
    identity: bool, resource: str, bound: bool
) -> None:
    lab = new_lab()
    iam, s3 = lab.client("iam"), lab.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"")
    user = iam.create_user(UserName="ada")["User"]["Arn"]
    key = iam.create_access_key(UserName="ada")["AccessKey"]["AccessKeyId"]
    if identity:
        iam.put_user_policy(UserName="ada", PolicyName="work", PolicyDocument=document(YES))
    if bound:
        policy = iam.create_policy(PolicyName="bound", PolicyDocument=document(ELSE))["Policy"]["Arn"]
        iam.put_user_permissions_boundary(UserName="ada", PermissionsBoundary=policy)
    if resource != "none":
        statement = {**(YES if resource == "allows" else NO), "Principal": {"AWS": user}}
        s3.put_bucket_policy(Bucket=BUCKET, Policy=document(statement))
    error = refusal(lambda: lab.client("s3", lab.identity_of_key(key)).get_object(Bucket=BUCKET, Key="a"))
    # A resource's policy that names the user grants past a boundary that says nothing.
    is_allowed = resource == "allows" or (resource == "none" and identity and not bound)
    assert (error is None) is is_allowed
