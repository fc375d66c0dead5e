"""Engineers who work with MFA, applications that cannot, and a queue of customer data."""

from __future__ import annotations

import json
from typing import Any

from foulweather.drilling.clients import Identity
from foulweather.drilling.documents import document
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.regular import Regular
from foulweather.kernel.errors import AwsError

EXPORTS, CHANGES = "customer-exports", "change-requests"
WITH_MFA, BARE = "with MFA", "without MFA"


def work(lab: Lab) -> str:
    """What engineers do: look into exports, hand in changes."""
    return document(
        {
            "Sid": "LookIntoExports",
            "Effect": "Allow",
            "Action": ["sqs:ReceiveMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"],
            "Resource": lab.queue_arn(EXPORTS),
        },
        {
            "Sid": "HandInChanges",
            "Effect": "Allow",
            "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"],
            "Resource": lab.queue_arn(CHANGES),
        },
    )


def own_mfa(lab: Lab) -> str:
    """What lets a user care for a device of his own."""
    mine = f"arn:aws:iam::{lab.account}:user/${{aws:username}}"
    return document(
        {
            "Effect": "Allow",
            "Action": ["iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:ListMFADevices", "iam:GetUser"],
            "Resource": mine,
        },
        {"Effect": "Allow", "Action": "iam:CreateVirtualMFADevice", "Resource": f"arn:aws:iam::{lab.account}:mfa/*"},
    )


def require_mfa() -> str:
    """What denies everything else without MFA."""
    listed = ["CreateVirtualMFADevice", "EnableMFADevice", "ResyncMFADevice", "ListMFADevices", "GetUser"]
    return document(
        {
            "Effect": "Deny",
            "NotAction": [*(f"iam:{name}" for name in listed), "sts:GetSessionToken"],
            "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        }
    )


def read_exports(lab: Lab, identity: Identity) -> None:
    """The sensitive call: look at customer data, and leave it where it is."""
    lab.client("sqs", identity).receive_message(QueueUrl=lab.notes[EXPORTS], VisibilityTimeout=0, MaxNumberOfMessages=1)


def hand_in(lab: Lab, identity: Identity) -> None:
    """Hand in a change."""
    lab.client("sqs", identity).send_message(QueueUrl=lab.notes[CHANGES], MessageBody="a change")


class Person(Regular):
    """An engineer: works with MFA once there is a device, else as it comes; refused without one, enrols one."""

    def __init__(self, lab: Lab, name: str, key: str) -> None:
        self.key = key
        self.is_enrolled = False
        self.how = ""
        super().__init__(lab, name)

    def pause_ms(self) -> int:
        """A busy day is busier."""
        return 5 * MINUTE_MS if self.lab.struck_at_ms else 4 * HOUR_MS

    def run(self) -> None:
        """Work, and keep how that went."""
        self.how = ""
        self.how = self._work()

    def _work(self) -> str:
        """One look into the exports and one change; gives how it went."""
        identity = self.lab.identity_of_key(self.key)
        if not self.is_enrolled:
            try:
                read_exports(self.lab, identity)
                hand_in(self.lab, identity)
            except AwsError as error:
                if not error.code.startswith("AccessDenied"):
                    raise
                self.enrol()
            else:
                return BARE
        session = self._with_mfa()
        read_exports(self.lab, session)
        hand_in(self.lab, session)
        return WITH_MFA

    def enrol(self) -> None:
        """Make a virtual device and show two of its codes, as anybody does for himself."""
        self.lab.enrol_mfa(self.name, self.lab.identity_of_key(self.key))
        self.is_enrolled = True

    def _with_mfa(self) -> Identity:
        sts, phones = self.lab.client("sts", self.lab.identity_of_key(self.key)), self.lab.phones
        made = sts.get_session_token(
            SerialNumber=phones.serial_of(self.name), TokenCode=self.lab.mfa_code(self.name), DurationSeconds=3600
        )
        return self.lab.identity_of_key(made["Credentials"]["AccessKeyId"])


class Service(Regular):
    """A program with a key of its own, and no phone: it exports customers, or takes them into the CRM."""

    def __init__(self, lab: Lab, name: str, key: str) -> None:
        self.key = key
        super().__init__(lab, name)

    def pause_ms(self) -> int:
        """A busy day is busier."""
        return 3 * MINUTE_MS if self.lab.struck_at_ms else 15 * MINUTE_MS

    def run(self) -> None:
        """One customer out, or what there is into the CRM."""
        sqs = self.lab.client("sqs", self.lab.identity_of_key(self.key))
        if self.name == "svc-exporter":
            sqs.send_message(QueueUrl=self.lab.notes[EXPORTS], MessageBody=json.dumps({"customer": len(self.runs)}))
        else:
            self._take_in(sqs)

    def _take_in(self, sqs: Any) -> None:
        url = self.lab.notes[EXPORTS]
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def user(lab: Lab, name: str, group: str) -> str:
    """A new user of a group, with an access key; gives the key's id."""
    iam = lab.client("iam")
    iam.create_user(UserName=name)
    iam.add_user_to_group(GroupName=group, UserName=name)
    return iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]


def build(lab: Lab) -> None:
    """Two queues, a group of engineers who must use MFA, a group of services."""
    iam, sqs = lab.client("iam"), lab.client("sqs")
    for name in (EXPORTS, CHANGES):
        made = sqs.create_queue(QueueName=name, Attributes={"MessageRetentionPeriod": "86400"})
        lab.notes[name] = made["QueueUrl"]
    iam.create_group(GroupName="engineers")
    for name, text in (("work", work(lab)), ("own-mfa", own_mfa(lab)), ("require-mfa", require_mfa())):
        iam.put_group_policy(GroupName="engineers", PolicyName=name, PolicyDocument=text)
    iam.create_group(GroupName="services")
    carry = {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"]}
    text = document({**carry, "Resource": lab.queue_arn(EXPORTS)})
    iam.put_group_policy(GroupName="services", PolicyName="carry", PolicyDocument=text)
    for name in ("svc-exporter", "svc-crm"):
        lab.add(Service(lab, name, user(lab, name, "services")))
    lab.notes["people"] = ["ana", "ben"]
    for name in lab.notes["people"]:
        person = Person(lab, name, user(lab, name, "engineers"))
        person.enrol()
        lab.add(person)
