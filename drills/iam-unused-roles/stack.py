"""An account full of roles: of jobs that run daily to quarterly, and of projects that come to their end."""

from __future__ import annotations

from foulweather.drilling.clients import Identity
from foulweather.drilling.documents import document
from foulweather.drilling.lab import DAY_MS, HOUR_MS, MINUTE_MS, App, Lab
from foulweather.kernel.errors import AwsError

RUNNER = "job-runner"
SHARED_POLICY = "project-publish"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
PARTNER = "111122223333"

# Role, how often its job runs, and when for the first time.
JOBS = {
    "orders-api": (DAY_MS, HOUR_MS),
    "orders-worker": (DAY_MS, 2 * HOUR_MS),
    "tmp-backfill": (DAY_MS, 3 * HOUR_MS),
    "unused-capacity-report": (7 * DAY_MS, DAY_MS),
    "atlas-archive-reader": (7 * DAY_MS, 3 * DAY_MS),
    "old-partner-gateway": (14 * DAY_MS, 5 * DAY_MS),
    "legacy-invoice-export": (30 * DAY_MS, 12 * DAY_MS),
    "beacon-metering": (30 * DAY_MS, 9 * DAY_MS),
    "quarter-close": (88 * DAY_MS, 5 * DAY_MS // 2),
}
NEW_ROLE = "returns-pilot"
NEW_AFTER_MS = 84 * DAY_MS

# Roles whose last day is the first day of this world: used once more, or never.
USED_LAST = (
    *("atlas-export", "atlas-cutover", "beacon-api", "beacon-worker", "cobalt-ingest", "cobalt-serve"),
    *("orders-api-prod", "payments-bridge", "search-indexer", "metrics-shipper", "nightly-backup"),
)
NEVER_USED = (
    *("atlas-import", "atlas-rollback", "beacon-canary", "beacon-reports", "cobalt-train", "orders-worker-prod"),
    *("mail-relay", "cdn-purge", "release-bot", "vendor-audit", "partner-upload", "archive-reader"),
)
WITH_SHARED = ("atlas-export", "cobalt-serve", "payments-bridge", "nightly-backup")
WITH_INLINE = ("atlas-import", "vendor-audit")
WITH_PROFILE = ("beacon-worker",)
TRUSTING_OTHERS = ("vendor-audit", "partner-upload", "payments-bridge")


class Job(App):
    """A job that runs in a role of its own, now and then."""

    def __init__(self, lab: Lab, role: str, every_ms: int, first_ms: int) -> None:
        super().__init__(lab, role)
        self.every_ms = every_ms
        self.first_ms = first_ms

    def start(self) -> None:
        """Wait for the first time."""
        super().start()
        self.lab.at(self.lab.now_ms + self.first_ms, self._run)

    def _run(self) -> None:
        if not self.is_running:
            return
        self.refused()
        self.lab.at(self.lab.now_ms + self.every_ms, self._run)

    def refused(self) -> AwsError | None:
        """Run once; why it could not, if so."""
        try:
            sns = self.lab.client("sns", as_role(self.lab, self.name))
            sns.publish(TopicArn=self.lab.notes["topic"], Message=self.name)
        except AwsError as error:
            return error
        return None


def as_role(lab: Lab, role: str) -> Identity:
    """A session of a role for the runner of the jobs."""
    runner = lab.identity_of_key(lab.notes["key"])
    arn = f"arn:aws:iam::{lab.account}:role/{role}"
    session = lab.client("sts", runner).assume_role(RoleArn=arn, RoleSessionName="job")
    return lab.identity_of_key(session["Credentials"]["AccessKeyId"])


def build(lab: Lab) -> None:
    """The roles of the jobs, and those of the projects, which work for an hour more."""
    iam = lab.client("iam")
    iam.create_user(UserName=RUNNER)
    key = iam.create_access_key(UserName=RUNNER)["AccessKey"]["AccessKeyId"]
    topic = lab.client("sns").create_topic(Name="results")["TopicArn"]
    publish = document({"Effect": "Allow", "Action": "sns:Publish", "Resource": topic})
    shared = iam.create_policy(PolicyName=SHARED_POLICY, PolicyDocument=publish)["Policy"]["Arn"]
    lab.notes.update(key=key, topic=topic, publish=publish, idle_since={})
    iam.create_service_linked_role(AWSServiceName="dynamodb.application-autoscaling.amazonaws.com")
    for role, (every_ms, first_ms) in JOBS.items():
        _job(lab, role, every_ms, first_ms)
    lab.at(lab.now_ms + NEW_AFTER_MS, lambda: _job(lab, NEW_ROLE, DAY_MS, 14 * DAY_MS))
    for number, role in enumerate((*USED_LAST, *NEVER_USED)):
        _project(lab, role, shared)
        lab.notes["idle_since"][role] = lab.now_ms
        if role in USED_LAST:
            lab.at(lab.now_ms + (3 + 4 * number) * MINUTE_MS, lambda role=role: _last_time(lab, role))


def _job(lab: Lab, role: str, every_ms: int, first_ms: int) -> None:
    iam = lab.client("iam")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=_trust(lab, "runner"))
    iam.put_role_policy(RoleName=role, PolicyName="work", PolicyDocument=lab.notes["publish"])
    lab.add(Job(lab, role, every_ms, first_ms))


def _project(lab: Lab, role: str, shared: str) -> None:
    iam = lab.client("iam")
    others = "others" if role in TRUSTING_OTHERS else "ec2" if role in WITH_PROFILE else "runner"
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=_trust(lab, others))
    if role in WITH_SHARED:
        iam.attach_role_policy(RoleName=role, PolicyArn=shared)
    if role in WITH_INLINE:
        iam.put_role_policy(RoleName=role, PolicyName="work", PolicyDocument=lab.notes["publish"])
    if role == "partner-upload":
        iam.attach_role_policy(RoleName=role, PolicyArn=ADMINISTRATOR)
    if role in WITH_PROFILE:
        iam.create_instance_profile(InstanceProfileName=role)
        iam.add_role_to_instance_profile(InstanceProfileName=role, RoleName=role)


def _trust(lab: Lab, whom: str) -> str:
    """Every project could be tried by the job runner; some were made for others besides."""
    named = {"AWS": f"arn:aws:iam::{lab.account}:user/{RUNNER}"}
    runner = {"Effect": "Allow", "Principal": named, "Action": "sts:AssumeRole"}
    if whom == "others":
        return document(runner, {**runner, "Principal": {"AWS": f"arn:aws:iam::{PARTNER}:root"}})
    if whom == "ec2":
        return document(runner, {**runner, "Principal": {"Service": "ec2.amazonaws.com"}})
    return document(runner)


def _last_time(lab: Lab, role: str) -> None:
    """A health check, the last thing that ran in it; it needs no permission."""
    lab.client("sts", as_role(lab, role)).get_caller_identity()
    lab.notes["idle_since"][role] = lab.now_ms
