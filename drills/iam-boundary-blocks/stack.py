"""Developers' programs that work by the role `developer`, within a permissions boundary."""

from __future__ import annotations

import json

from foulweather.drilling.clients import Identity
from foulweather.drilling.documents import document
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.regular import Regular

ROLE, BOUNDARY = "developer", "DeveloperPermissionBoundary"
REGIONS = ("us-east-1", "us-west-2")
BUILDS, LEDGER = "dev-builds", "dev-ledger"
TOPIC, LEDGER_TOPIC, OTHER_TOPIC = "dev-build-events", "dev-ledger-events", "payments-events"
PRODUCTION = {"Environment": "production"}


def boundary(account: str) -> str:
    """As far as developers get at most: queues of development, two regions, no IAM, nothing of production."""
    return document(
        {
            "Sid": "DevQueues",
            "Effect": "Allow",
            "Action": [f"sqs:{name}Message" for name in ("Send", "Receive", "Delete")] + ["sqs:GetQueueUrl"],
            "Resource": f"arn:aws:sqs:*:{account}:dev-*",
        },
        {"Sid": "WhoAmI", "Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"},
        {"Sid": "NoIdentities", "Effect": "Deny", "Action": ["iam:*", "organizations:*"], "Resource": "*"},
        {
            "Sid": "NoProduction",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/Environment": "production"}},
        },
        {
            "Sid": "TwoRegions",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": list(REGIONS)}},
        },
    )


class Developer(Regular):
    """A program that acts by the role `developer`, with a session of its own each time."""

    def pause_ms(self) -> int:
        """A busy day is busier."""
        return 2 * MINUTE_MS if self.lab.struck_at_ms else 20 * MINUTE_MS

    def run(self) -> None:
        """Once."""
        self.work(self._session())

    def _session(self) -> Identity:
        sts = self.lab.client("sts", self.lab.identity_of_key(self.lab.notes["ci_key"]))
        made = sts.assume_role(RoleArn=self.lab.notes["role"], RoleSessionName=self.name, DurationSeconds=900)
        return self.lab.identity_of_key(made["Credentials"]["AccessKeyId"])

    def work(self, session: Identity) -> None:
        """What it does each time."""
        raise NotImplementedError


class Builder(Developer):
    """Puts each build on the queue, and announces it on a topic if its release says so."""

    SETTINGS = {"announce": ("off", "on")}

    def start(self) -> None:
        """Begin to build."""
        self.announced: list[int] = []
        super().start()

    def work(self, session: Identity) -> None:
        """One build."""
        number = len(self.runs) + 1
        url = self.lab.notes["queues"][BUILDS]
        self.lab.client("sqs", session).send_message(QueueUrl=url, MessageBody=json.dumps({"build": number}))
        if self.settings["announce"] == "on":
            topic = self.lab.notes["topics"][TOPIC]
            self.lab.client("sns", session).publish(TopicArn=topic, Message=json.dumps({"build": number}))
            self.announced.append(self.lab.now_ms)


class Tester(Developer):
    """Takes builds off the queue and tests them."""

    def work(self, session: Identity) -> None:
        """Whatever was built."""
        sqs, url = self.lab.client("sqs", session), self.lab.notes["queues"][BUILDS]
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def _role(lab: Lab) -> str:
    """The developers' role: much is allowed to it, within the boundary; gives the key of the user who assumes it."""
    iam = lab.client("iam")
    made = iam.create_policy(PolicyName=BOUNDARY, PolicyDocument=boundary(lab.account))
    lab.notes["boundary"] = made["Policy"]["Arn"]
    user = iam.create_user(UserName="svc-ci")["User"]["Arn"]
    trust = document({"Effect": "Allow", "Principal": {"AWS": user}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust, PermissionsBoundary=lab.notes["boundary"])
    lab.notes["role"] = role["Role"]["Arn"]
    wide = document({"Effect": "Allow", "Action": ["sqs:*", "sns:List*", "sns:Get*"], "Resource": "*"})
    iam.put_role_policy(RoleName=ROLE, PolicyName="development", PolicyDocument=wide)
    may = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": lab.notes["role"]})
    iam.put_user_policy(UserName="svc-ci", PolicyName="developer", PolicyDocument=may)
    return iam.create_access_key(UserName="svc-ci")["AccessKey"]["AccessKeyId"]


def build(lab: Lab) -> None:
    """Queues and topics, some of them of production in spite of their names; the role; two programs."""
    sqs, sns = lab.client("sqs"), lab.client("sns")
    queues = {
        BUILDS: sqs.create_queue(QueueName=BUILDS)["QueueUrl"],
        LEDGER: sqs.create_queue(QueueName=LEDGER, tags=PRODUCTION)["QueueUrl"],
    }
    tagged = [{"Key": key, "Value": value} for key, value in PRODUCTION.items()]
    topics = {
        TOPIC: sns.create_topic(Name=TOPIC, Tags=[{"Key": "Environment", "Value": "development"}])["TopicArn"],
        LEDGER_TOPIC: sns.create_topic(Name=LEDGER_TOPIC, Tags=tagged)["TopicArn"],
        OTHER_TOPIC: sns.create_topic(Name=OTHER_TOPIC)["TopicArn"],
    }
    lab.notes.update(queues=queues, topics=topics)
    lab.notes["ci_key"] = _role(lab)
    lab.add(Builder(lab, "builder"))
    lab.add(Tester(lab, "tester"))
