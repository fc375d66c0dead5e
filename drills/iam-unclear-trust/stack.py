"""A queue of stock reports, a role by which a partner's account collects them, and that partner."""

from __future__ import annotations

import json

from foulweather.drilling.clients import Identity
from foulweather.drilling.documents import document, trust
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.regular import Regular

EXTERNAL_ID = "unique-external-id-12345"
OTHER_TENANT = "unique-external-id-67890"
ROLE = "partner-stock-reader"


def root_of(lab: Lab, account: str) -> Identity:
    """The root user of another account, who sets that account up."""
    return Identity(account, lab.region)


def runner(lab: Lab, account: str, *roles: str) -> str:
    """A user in an account and roles that it assumes, all of which may assume any role; gives the user's key."""
    iam = lab.client("iam", root_of(lab, account))
    may = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    iam.create_user(UserName="runner")
    iam.put_user_policy(UserName="runner", PolicyName="assume", PolicyDocument=may)
    for role in roles:
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(f"arn:aws:iam::{account}:root"))
        iam.put_role_policy(RoleName=role, PolicyName="assume", PolicyDocument=may)
    return iam.create_access_key(UserName="runner")["AccessKey"]["AccessKeyId"]


def assumed(lab: Lab, by: Identity, role_arn: str, external_id: str = "") -> Identity:
    """A fresh session of a role."""
    asked = {"RoleArn": role_arn, "RoleSessionName": "collect", "DurationSeconds": 900}
    if external_id:
        asked["ExternalId"] = external_id
    made = lab.client("sts", by).assume_role(**asked)
    return lab.identity_of_key(made["Credentials"]["AccessKeyId"])


def collect(lab: Lab, identity: Identity, most: int) -> list[int]:
    """Take reports off the queue; gives their numbers."""
    sqs, url = lab.client("sqs", identity), lab.notes["queue"]
    taken: list[int] = []
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=most).get("Messages", []):
        taken.append(json.loads(message["Body"])["report"])
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return taken


class Stock(Regular):
    """Writes a report of the stock now and then."""

    def start(self) -> None:
        """Begin to write."""
        self.written: dict[int, int] = {}
        super().start()

    def pause_ms(self) -> int:
        """A busy day is busier."""
        return MINUTE_MS if self.lab.struck_at_ms else 20 * MINUTE_MS

    def run(self) -> None:
        """One report."""
        number = len(self.written) + 1
        self.lab.client("sqs").send_message(
            QueueUrl=self.lab.notes["queue"], MessageBody=json.dumps({"report": number})
        )
        self.written[number] = self.lab.now_ms


class Partner(Regular):
    """Northwind's collector: the role `cicd-role` of its account, by our role, with the external ID that was agreed."""

    def start(self) -> None:
        """Begin to collect."""
        self.got: set[int] = set()
        super().start()

    def pause_ms(self) -> int:
        """A busy day is busier."""
        return 2 * MINUTE_MS if self.lab.struck_at_ms else 20 * MINUTE_MS

    def run(self) -> None:
        """Collect what there is."""
        notes = self.lab.notes
        own = assumed(self.lab, self.lab.identity_of_key(notes["partner_key"]), notes["partner_role"])
        session = assumed(self.lab, own, notes["role"], EXTERNAL_ID)
        self.got.update(collect(self.lab, session, 10))


def build(lab: Lab) -> None:
    """Our queue and role, the partner's account, and the colleague of the night shift who may mend roles."""
    iam, notes = lab.client("iam"), lab.notes
    partner = lab.world.ids.account()
    notes["partner"] = partner
    notes["partner_key"] = runner(lab, partner, "cicd-role", "sandbox-role")
    notes["partner_role"] = f"arn:aws:iam::{partner}:role/cicd-role"
    made = lab.client("sqs").create_queue(QueueName="partner-stock", Attributes={"VisibilityTimeout": "60"})
    notes["queue"] = made["QueueUrl"]
    role = iam.create_role(
        RoleName=ROLE,
        AssumeRolePolicyDocument=trust(notes["partner_role"], EXTERNAL_ID),
        Description="Northwind collects the stock reports; contract 2025-117, see the tags",
        Tags=[
            {"Key": "partner-principal", "Value": notes["partner_role"]},
            {"Key": "partner-external-id", "Value": EXTERNAL_ID},
        ],
    )
    notes["role"] = role["Role"]["Arn"]
    may = {
        "Effect": "Allow",
        "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"],
        "Resource": lab.queue_arn("partner-stock"),
    }
    iam.put_role_policy(RoleName=ROLE, PolicyName="collect", PolicyDocument=document(may))
    iam.create_user(UserName="night-shift")
    mend = document({"Effect": "Allow", "Action": "iam:UpdateAssumeRolePolicy", "Resource": notes["role"]})
    iam.put_user_policy(UserName="night-shift", PolicyName="mend-roles", PolicyDocument=mend)
    notes["night_shift_key"] = iam.create_access_key(UserName="night-shift")["AccessKey"]["AccessKeyId"]
    lab.add(Stock(lab, "stock"))
    lab.add(Partner(lab, "partner"))
