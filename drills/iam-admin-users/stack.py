"""An account with three administrators, a pipeline and an appliance, who work as they should: until the incident."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.clients import Identity
from foulweather.drilling.documents import document
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.regular import Regular
from foulweather.kernel.errors import AwsError

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
PEOPLE = ("anna.berg", "jonas.lind", "priya.nair")
PIPELINE = "ci-pipeline"
APPLIANCE = "report-appliance"
USERS = (*PEOPLE, PIPELINE, APPLIANCE)
ADMIN_ROLE = "administrator"
PIPELINE_ROLE = "pipeline-deploy"


def as_user(lab: Lab, user: str) -> Identity:
    """A user with its access key; a key that is gone or inactive gets nowhere, as at AWS.

    A machine knows the key that it was given once; a person takes a new one when it was rotated.
    """
    given = lab.notes["keys"][user]
    for held in _keys(lab, user):
        if held["Status"] == "Active" and (held["AccessKeyId"] == given or user in PEOPLE):
            return lab.identity_of_key(held["AccessKeyId"])
    raise AwsError("InvalidClientTokenId", f"The access key of {user} is not valid any more.", 403)


def _keys(lab: Lab, user: str) -> list[dict[str, Any]]:
    try:
        return lab.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    except AwsError:
        return []


def as_role(lab: Lab, user: str, role: str, *, mfa: bool = False) -> Identity:
    """A session of a role for a user, who shows the code of its device or does not."""
    request: dict[str, str] = {"RoleArn": f"arn:aws:iam::{lab.account}:role/{role}", "RoleSessionName": user}
    if mfa:
        request |= {"SerialNumber": lab.phones.serial_of(user), "TokenCode": lab.mfa_code(user)}
    session = lab.client("sts", as_user(lab, user)).assume_role(**request)
    return lab.identity_of_key(session["Credentials"]["AccessKeyId"])


class Pipeline(Regular):
    """Rolls the queues' settings out, as its user or in a session of its role."""

    SETTINGS = {"credentials": ("role", "key")}
    EVERY_MS = 30 * MINUTE_MS

    def run(self) -> None:
        """One roll-out."""
        lab = self.lab
        by_role = self.settings["credentials"] == "role"
        sqs = lab.client("sqs", as_role(lab, PIPELINE, PIPELINE_ROLE) if by_role else as_user(lab, PIPELINE))
        url = sqs.get_queue_url(QueueName="shop-orders")["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(30 + len(self.runs) % 30)})
        sqs.tag_queue(QueueUrl=url, Tags={"release": str(lab.now_ms // MINUTE_MS)})


class Appliance(Regular):
    """Publishes a report with its key."""

    def run(self) -> None:
        """One report."""
        sns = self.lab.client("sns", as_user(self.lab, APPLIANCE))
        sns.publish(TopicArn=self.lab.notes["reports"], Message="a report")


class Administrator(Regular):
    """Looks after the account some times a day: in the role while there is one, or else with their own rights.

    Whoever cannot tries again later; whether they can is the check's affair.
    """

    EVERY_MS = 240 * MINUTE_MS

    def run(self) -> None:
        """One look."""
        try:
            who = as_role(self.lab, self.name, ADMIN_ROLE, mfa=True)
        except AwsError:
            who = as_user(self.lab, self.name)
        self.lab.client("iam", who).list_users()


def build(lab: Lab) -> None:
    """Identities as they should be, and what they work on."""
    iam, sqs, sns = lab.client("iam"), lab.client("sqs"), lab.client("sns")
    keys: dict[str, str] = {}
    for user in USERS:
        iam.create_user(UserName=user)
        keys[user] = iam.create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    lab.notes.update(keys=keys)
    for user in PEOPLE:
        lab.enrol_mfa(user)
    for name in ("shop-orders", "shop-returns", "ledger"):
        sqs.create_queue(QueueName=name)
    lab.notes.update(
        reports=sns.create_topic(Name="reports")["TopicArn"], payroll=sns.create_topic(Name="payroll")["TopicArn"]
    )
    arns = [f"arn:aws:iam::{lab.account}:user/{user}" for user in PEOPLE]
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": arns},
        "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }
    iam.create_role(RoleName=ADMIN_ROLE, AssumeRolePolicyDocument=document(trust))
    iam.attach_role_policy(RoleName=ADMIN_ROLE, PolicyArn=ADMINISTRATOR)
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{lab.account}:user/{PIPELINE}"},
        "Action": "sts:AssumeRole",
    }
    iam.create_role(RoleName=PIPELINE_ROLE, AssumeRolePolicyDocument=document(trust))
    rollout = {
        "Effect": "Allow",
        "Action": ["sqs:GetQueueUrl", "sqs:SetQueueAttributes", "sqs:TagQueue"],
        "Resource": lab.queue_arn("shop-*"),
    }
    iam.put_role_policy(RoleName=PIPELINE_ROLE, PolicyName="rollout", PolicyDocument=document(rollout))
    publish = {"Effect": "Allow", "Action": "sns:Publish", "Resource": lab.notes["reports"]}
    iam.put_user_policy(UserName=APPLIANCE, PolicyName="reports", PolicyDocument=document(publish))
    lab.add(Pipeline(lab, "pipeline"))
    lab.add(Appliance(lab, "appliance"))
    for person in PEOPLE:
        lab.add(Administrator(lab, person))
