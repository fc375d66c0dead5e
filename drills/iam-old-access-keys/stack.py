"""Seven applications that sign with long-term keys of their IAM users, and keys that nobody remembers."""

from __future__ import annotations

import json
import re

from foulweather.drilling.lab import DAY_MS, HOUR_MS, MINUTE_MS, App, Lab
from foulweather.kernel.errors import AwsError

# Every six hours is enough of a past for a key's last use; `archive` runs once a week only.
RUNS_EVERY_MS = {
    "checkout": 6 * HOUR_MS,
    "billing": 6 * HOUR_MS,
    "mailer": 6 * HOUR_MS,
    "search-indexer": 6 * HOUR_MS,
    "stock-sync": 6 * HOUR_MS,
    "reports": 12 * HOUR_MS,
    "archive": 7 * DAY_MS,
}
BUSY_MS = 3 * MINUTE_MS
FORGOTTEN = ("svc-reports", "ci-legacy", "contractor-jo", "contractor-jo", "backup-2024")
"""Whose further keys no application holds."""
_KEY = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,124}")


class Service(App):
    """Puts what it did on its own queue, signed with the access key in its settings."""

    SETTINGS = {"key": ("none",)}

    def start(self) -> None:
        """Run at its own pace, from when it has a key."""
        super().start()
        self.runs: list[tuple[int, str, str]] = []
        self._next()

    def _check(self, settings: dict[str, str]) -> None:
        for name, value in settings.items():
            if name != "key":
                raise ValueError(f"{self.name} has no setting {name!r}; it has key")
            if not _KEY.fullmatch(value):
                raise ValueError(f"{self.name}: key is the id of an access key (AKIA…), not {value!r}")

    def _next(self) -> None:
        every_ms = RUNS_EVERY_MS[self.name]
        if self.lab.struck_at_ms and every_ms < DAY_MS:
            every_ms = BUSY_MS
        self.lab.at(self.lab.now_ms + every_ms, self._due)

    def hurry(self) -> None:
        """Run at the pace of a busy day from now on."""
        self.lab.at(self.lab.now_ms + BUSY_MS, self._due)

    def _due(self) -> None:
        if self.is_running:
            self.run()
            self._next()

    def run(self) -> None:
        """Do its work once, and keep who it was and what became of it."""
        who = "nobody"
        try:
            identity = self.lab.identity_of_key(self.settings["key"])
            who = identity.principal.arn
            body = json.dumps({"by": self.name, "at_ms": self.lab.now_ms})
            self.lab.client("sqs", identity).send_message(
                QueueUrl=self.lab.notes["queues"][self.name], MessageBody=body
            )
        except AwsError as error:
            self.runs.append((self.lab.now_ms, who, error.code))
            self.say(f"{error.code}: {error.message}")
            return
        self.runs.append((self.lab.now_ms, who, ""))


def _user(lab: Lab, app: str) -> None:
    """A user that may send to its application's queue, and do nothing else."""
    iam = lab.client("iam")
    url = lab.client("sqs").create_queue(QueueName=f"{app}-done", Attributes={"MessageRetentionPeriod": "86400"})
    lab.notes["queues"][app] = url["QueueUrl"]
    statement = {
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:{lab.region}:{lab.account}:{app}-done",
    }
    iam.create_user(UserName=f"svc-{app}")
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=f"svc-{app}", PolicyName="send", PolicyDocument=document)


def _key(lab: Lab, user: str, app: str = "") -> None:
    key = lab.client("iam").create_access_key(UserName=user)["AccessKey"]["AccessKeyId"]
    if app:
        lab.add(Service(lab, app, key=key))


def _jo_works_once(lab: Lab) -> None:
    """The contractor used a key of his on one day, and has left since."""
    keys = lab.client("iam").list_access_keys(UserName="contractor-jo")["AccessKeyMetadata"]
    identity = lab.identity_of_key(keys[0]["AccessKeyId"])
    lab.client("sts", identity).get_caller_identity()


def build(lab: Lab) -> None:
    """Users and queues now; their keys one after the other in the first half hour."""
    lab.notes["queues"] = {}
    for app in RUNS_EVERY_MS:
        _user(lab, app)
    for name in sorted({*FORGOTTEN} - {"svc-reports"}):
        lab.client("iam").create_user(UserName=name)
    wanted = [*((f"svc-{app}", app) for app in RUNS_EVERY_MS), *((name, "") for name in FORGOTTEN)]
    for number, (user, app) in enumerate(wanted, 1):
        lab.at(lab.now_ms + number * 2 * MINUTE_MS, lambda user=user, app=app: _key(lab, user, app))
    lab.at(lab.now_ms + 19 * DAY_MS, lambda: _jo_works_once(lab))
