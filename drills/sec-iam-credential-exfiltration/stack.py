"""A pipeline that signs with a long-term key, a role that it works by, and customers on their way to the CRM."""

from __future__ import annotations

import json
import re

from foulweather.drilling.clients import Identity
from foulweather.drilling.documents import document, trust
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.regular import Regular

USER, ROLE = "ci-deploy", "deployer"
EXPORTS, RELEASES = "customer-exports", "releases"
_KEY = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,124}")


def assumed(lab: Lab, by: Identity, role: str, session: str) -> Identity:
    """A fresh session of a role; it calls from where its maker does."""
    arn = f"arn:aws:iam::{lab.account}:role/{role}"
    made = lab.client("sts", by).assume_role(RoleArn=arn, RoleSessionName=session)
    return lab.identity_of_key(made["Credentials"]["AccessKeyId"])


class Busy(Regular):
    """Does little in the past, and more on the day."""

    def pause_ms(self) -> int:
        """A busy day is busier."""
        return MINUTE_MS if self.lab.struck_at_ms else 20 * MINUTE_MS


class Pipeline(Busy):
    """Announces releases, with the access key of its configuration and a session of its role."""

    SETTINGS = {"key": ("none",)}

    def _check(self, settings: dict[str, str]) -> None:
        super()._check({name: value for name, value in settings.items() if name != "key"})
        if not _KEY.fullmatch(settings.get("key", "AKIA" + "A" * 16)):
            raise ValueError(f"{self.name}: key is the id of an access key (AKIA…), not {settings['key']!r}")

    def run(self) -> None:
        """One release."""
        lab = self.lab
        session = assumed(lab, lab.identity_of_key(self.settings["key"]), ROLE, "release")
        body = json.dumps({"release": len(self.runs)})
        lab.client("sqs", session).send_message(QueueUrl=lab.notes[RELEASES], MessageBody=body)


class Shop(Busy):
    """Exports a customer now and then."""

    def start(self) -> None:
        """Begin to export."""
        self.exported: dict[int, int] = {}
        super().start()

    def run(self) -> None:
        """One customer."""
        number = len(self.exported) + 1
        body = json.dumps({"customer": number})
        self.lab.client("sqs").send_message(QueueUrl=self.lab.notes[EXPORTS], MessageBody=body)
        self.exported[number] = self.lab.now_ms


class Crm(Busy):
    """Takes customers over, by a role of its own."""

    def pause_ms(self) -> int:
        """Every five minutes on the day."""
        return 5 * MINUTE_MS if self.lab.struck_at_ms else 20 * MINUTE_MS

    def start(self) -> None:
        """Begin to take over."""
        self.got: set[int] = set()
        super().start()

    def run(self) -> None:
        """What there is."""
        session = assumed(self.lab, self.lab.identity_of_key(self.lab.notes["crm_key"]), "crm-sync", "sync")
        self.got.update(taken(self.lab, session))


def taken(lab: Lab, identity: Identity) -> list[int]:
    """Take customers off the queue; gives their numbers."""
    sqs, url = lab.client("sqs", identity), lab.notes[EXPORTS]
    found: list[int] = []
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        found.append(json.loads(message["Body"])["customer"])
    return found


def _user(lab: Lab, name: str, role: str, *actions: str) -> str:
    """A user that assumes a role (and may do some things to itself); gives its key."""
    iam = lab.client("iam")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(arn))
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::{lab.account}:role/{role}"}
    own = [{"Effect": "Allow", "Action": list(actions), "Resource": arn}] if actions else []
    iam.put_user_policy(UserName=name, PolicyName="work", PolicyDocument=document(may, *own))
    return iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]


def build(lab: Lab) -> None:
    """Two queues, two users with a role each, three programs."""
    iam, sqs = lab.client("iam"), lab.client("sqs")
    for name in (EXPORTS, RELEASES):
        lab.notes[name] = sqs.create_queue(QueueName=name, Attributes={"MessageRetentionPeriod": "86400"})["QueueUrl"]
    rotate = ("iam:CreateAccessKey", "iam:ListAccessKeys", "iam:UpdateAccessKey", "iam:DeleteAccessKey")
    lab.notes["first_key"] = key = _user(lab, USER, ROLE, *rotate)
    lab.notes["crm_key"] = _user(lab, "svc-crm", "crm-sync")
    empty = {"Effect": "Allow", "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"]}
    announce = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": lab.queue_arn(RELEASES)}
    exports = {**empty, "Resource": lab.queue_arn(EXPORTS)}
    iam.put_role_policy(RoleName=ROLE, PolicyName="work", PolicyDocument=document(announce, exports))
    iam.put_role_policy(RoleName="crm-sync", PolicyName="work", PolicyDocument=document(exports))
    lab.add(Pipeline(lab, "pipeline", key=key))
    lab.add(Shop(lab, "shop"))
    lab.add(Crm(lab, "crm"))
