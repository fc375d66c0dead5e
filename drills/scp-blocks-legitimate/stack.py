"""An organization with guardrails, a shop that runs in two regions, and a warehouse that signs in from Frankfurt."""

from __future__ import annotations

from watch import watch

from foulweather.drilling.clients import Client, Identity
from foulweather.drilling.documents import document
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.regular import Regular

REGIONS = ["us-east-1", "us-west-2"]
GLOBAL_SERVICES = ["iam:*", "sts:*", "organizations:*", "route53:*", "cloudfront:*", "support:*", "budgets:*"]
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def restrict_regions(regions: list[str]) -> str:
    """Denies what is asked of other regions, but for services that are not regional."""
    statement = {
        "Sid": "DenyOtherRegions",
        "Effect": "Deny",
        "NotAction": GLOBAL_SERVICES,
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": regions}},
    }
    return document(statement)


def deny_root() -> str:
    """Denies everything to root users of member accounts."""
    statement = {
        "Sid": "DenyRootUser",
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}},
    }
    return document(statement)


def in_region(identity: Identity, region: str) -> Identity:
    """The same identity, whose client is set to a region."""
    identity.region = region
    return identity


def as_role(lab: Lab, user: str, role: str, region: str, *, sts: str = "us-east-1") -> Identity:
    """A session of a role of shop-prod, for one of its users, asked of STS in a region."""
    caller = in_region(lab.identity_of_key(lab.notes["keys"][user]), sts)
    arn = f"arn:aws:iam::{lab.notes['shop']}:role/{role}"
    session = lab.client("sts", caller).assume_role(RoleArn=arn, RoleSessionName=user)
    return in_region(lab.identity_of_key(session["Credentials"]["AccessKeyId"]), region)


class Errand(Regular):
    """Something that a member account does every few minutes, in one region."""

    def __init__(self, lab: Lab, name: str, region: str) -> None:
        super().__init__(lab, name)
        self.region = region


class Release(Errand):
    """Sets a region up: what is there already stays."""

    EVERY_MS = 5 * MINUTE_MS

    def run(self) -> None:
        """Make the queue, and take an order through it."""
        deployment = as_role(self.lab, "release", "deployment", self.region)
        queue = self.lab.client("sqs", deployment).create_queue(QueueName="orders-eu")["QueueUrl"]
        shop = self.lab.client("sqs", as_role(self.lab, "shop-hosts", "shop-app", self.region))
        take_order(shop, queue)


class Shop(Errand):
    """Takes orders in a region where the shop has long been."""

    def run(self) -> None:
        """One order, in and out."""
        sqs = self.lab.client("sqs", as_role(self.lab, "shop-hosts", "shop-app", self.region))
        take_order(sqs, sqs.get_queue_url(QueueName="orders")["QueueUrl"])


class Warehouse(Errand):
    """Signs in where it stands, and works where the shop is."""

    EVERY_MS = 30 * MINUTE_MS

    def run(self) -> None:
        """Read how much there is to pack."""
        here = as_role(self.lab, "warehouse", "warehouse-sync", "us-east-1", sts=self.region)
        sqs = self.lab.client("sqs", here)
        sqs.get_queue_attributes(
            QueueUrl=sqs.get_queue_url(QueueName="orders")["QueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
        )


def take_order(sqs: Client, queue: str) -> None:
    """Put an order on a queue and take it off."""
    sqs.send_message(QueueUrl=queue, MessageBody="an order")
    for message in sqs.receive_message(QueueUrl=queue).get("Messages", []):
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def build(lab: Lab) -> None:
    """The organization; its accounts need some seconds to be made."""
    organizations = lab.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    unit = organizations.create_organizational_unit(ParentId=root, Name="Workloads")["OrganizationalUnit"]["Id"]
    asked = {
        name: organizations.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]["Id"]
        for name in ("shop-prod", "analytics")
    }
    lab.notes.update(root=root, unit=unit, asked=asked, keys={})
    lab.at(lab.now_ms + MINUTE_MS, lambda: _furnish(lab))


def _furnish(lab: Lab) -> None:
    """Accounts into their unit, identities and queues into the accounts, and then the guardrails over all."""
    organizations, notes = lab.client("organizations"), lab.notes
    found: dict[str, str] = {}
    for name, request in notes["asked"].items():
        status = organizations.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
        found[name] = status["AccountId"]
        organizations.move_account(
            AccountId=status["AccountId"], SourceParentId=notes["root"], DestinationParentId=notes["unit"]
        )
    notes.update(shop=found["shop-prod"], analytics=found["analytics"])
    _furnish_shop(lab)
    _furnish_analytics(lab)
    for name, told, content in (
        ("RestrictRegions", "Data stays in the regions that legal has approved", restrict_regions(REGIONS)),
        ("DenyRootUser", "Nobody works as the root user of a member account", deny_root()),
    ):
        policy = organizations.create_policy(
            Name=name, Description=told, Type="SERVICE_CONTROL_POLICY", Content=content
        )["Policy"]["PolicySummary"]
        organizations.attach_policy(PolicyId=policy["Id"], TargetId=notes["unit"])
        notes[name] = policy["Arn"]
    for region in REGIONS:
        lab.add(Shop(lab, f"shop-{region}", region))
    lab.add(Warehouse(lab, "warehouse", "eu-central-1"))
    watch(lab)


def _furnish_shop(lab: Lab) -> None:
    account = lab.notes["shop"]
    iam = lab.client("iam", Identity(account, lab.region))
    queues = {"Effect": "Allow", "Action": "sqs:*", "Resource": f"arn:aws:sqs:*:{account}:orders*"}
    reading = {**queues, "Action": ["sqs:GetQueueUrl", "sqs:GetQueueAttributes"]}
    for user, role, policy in (
        ("release", "deployment", None),
        ("shop-hosts", "shop-app", document(queues)),
        ("warehouse", "warehouse-sync", document(reading)),
    ):
        iam.create_user(UserName=user)
        lab.notes["keys"][user] = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:user/{user}"},
            "Action": "sts:AssumeRole",
        }
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=document(trust))
        if policy is None:
            iam.attach_role_policy(RoleName=role, PolicyArn=ADMINISTRATOR)
        else:
            iam.put_role_policy(RoleName=role, PolicyName="orders", PolicyDocument=policy)
    for region in REGIONS:
        lab.client("sqs", Identity(account, region)).create_queue(QueueName="orders")


def _furnish_analytics(lab: Lab) -> None:
    iam = lab.client("iam", Identity(lab.notes["analytics"], lab.region))
    iam.create_user(UserName="analyst")
    iam.attach_user_policy(UserName="analyst", PolicyArn=ADMINISTRATOR)
    lab.notes["keys"]["analyst"] = iam.create_access_key(UserName="analyst")["AccessKey"]["AccessKeyId"]
