"""A reorganization: the engineers move to the group of their product, two new ones start, the old group is deleted."""

from __future__ import annotations

from typing import cast

from stack import BARE, Person, hand_in, read_exports, user, work

from foulweather.drilling.clients import Identity
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.regular import Regular
from foulweather.kernel.errors import AwsError

NEW = ("dana", "emil")


class RedTeam(Regular):
    """The security department's exercise: what can be done with an engineer's access key alone?"""

    EVERY_MS = 4 * MINUTE_MS
    IS_OURS = False

    def start(self) -> None:
        """Begin the exercise."""
        self.reached: list[tuple[int, str, str]] = []
        super().start()

    def run(self) -> None:
        """With everybody's key."""
        for name in self.lab.notes["people"]:
            self._try(name, cast(Person, self.lab.apps[name]).key)

    def _try(self, name: str, key: str) -> None:
        """With the key itself, and with a session of it that has seen no code."""
        try:
            bare = self.lab.identity_of_key(key)
            made = self.lab.client("sts", bare).get_session_token(DurationSeconds=900)
            session = self.lab.identity_of_key(made["Credentials"]["AccessKeyId"])
        except AwsError:
            return
        self._with(name, "the access key", bare)
        self._with(name, "a session " + BARE, session)

    def _with(self, name: str, what: str, identity: Identity) -> None:
        for call, label in ((read_exports, "sqs:ReceiveMessage"), (hand_in, "sqs:SendMessage")):
            try:
                call(self.lab, identity)
            except AwsError:
                continue
            self.reached.append((self.lab.now_ms, f"{what} of {name}", label))


def strike(lab: Lab) -> None:
    """The new group has the policy for the work; the other two stayed with the old group, and went with it."""
    iam = lab.client("iam")
    iam.create_group(GroupName="product")
    iam.put_group_policy(GroupName="product", PolicyName="work", PolicyDocument=work(lab))
    for name in lab.notes["people"]:
        iam.add_user_to_group(GroupName="product", UserName=name)
        iam.remove_user_from_group(GroupName="engineers", UserName=name)
        cast(Person, lab.apps[name]).hurry()
    for name in iam.list_group_policies(GroupName="engineers")["PolicyNames"]:
        iam.delete_group_policy(GroupName="engineers", PolicyName=name)
    iam.delete_group(GroupName="engineers")
    for name in NEW:
        lab.add(Person(lab, name, user(lab, name, "product")))
        lab.notes["people"].append(name)
    lab.add(RedTeam(lab, "red-team"))
