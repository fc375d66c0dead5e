"""A ticket at night ("our collector cannot log in") is closed by trusting everybody; the world finds out."""

from __future__ import annotations

from collections.abc import Iterator

from stack import EXTERNAL_ID, OTHER_TENANT, ROLE, assumed, collect, runner

from foulweather.drilling.clients import Identity
from foulweather.drilling.documents import trust
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.regular import Regular
from foulweather.kernel.errors import AwsError


class Outside(Regular):
    """Whoever tries role ARNs: a stranger's crawler, the partner's other roles and customers, our own intern."""

    EVERY_MS = 3 * MINUTE_MS
    IS_OURS = False

    def start(self) -> None:
        """Begin to try."""
        self.came_in: list[tuple[int, str]] = []
        self.taken: dict[int, int] = {}
        super().start()

    def run(self) -> None:
        """One round of all who try."""
        for who, identity, external_id in self._callers():
            try:
                session = assumed(self.lab, identity, self.lab.notes["role"], external_id)
            except AwsError:
                continue
            shown = f"with the external ID {external_id}" if external_id else "without an external ID"
            self.came_in.append((self.lab.now_ms, f"{who} {shown}"))
            if identity.account == self.lab.notes["stranger"]:
                self._take(session)

    def _take(self, session: Identity) -> None:
        try:
            for number in collect(self.lab, session, 2):
                self.taken[number] = self.lab.now_ms
        except AwsError:
            return

    def _callers(self) -> Iterator[tuple[str, Identity, str]]:
        """An external ID is not a secret: it stands in tickets and logs, and strangers know it as well."""
        lab, notes = self.lab, self.lab.notes
        stranger, partner = lab.identity_of_key(notes["stranger_key"]), lab.identity_of_key(notes["partner_key"])
        crawler = assumed(lab, stranger, f"arn:aws:iam::{notes['stranger']}:role/crawler")
        sandbox = assumed(lab, partner, f"arn:aws:iam::{notes['partner']}:role/sandbox-role")
        cicd = assumed(lab, partner, notes["partner_role"])
        intern = lab.identity_of_key(notes["intern_key"])
        named = (
            (f"{notes['stranger']}:role/crawler, an account that nobody knows,", crawler, ("", EXTERNAL_ID)),
            ("the partner's user runner", partner, ("", EXTERNAL_ID)),
            ("the partner's role sandbox-role", sandbox, ("", EXTERNAL_ID)),
            ("the partner's cicd-role, on behalf of another of its customers,", cicd, ("", OTHER_TENANT)),
            ("our own user intern", intern, ("", EXTERNAL_ID)),
        )
        for who, identity, external_ids in named:
            for external_id in external_ids:
                yield who, identity, external_id


def strike(lab: Lab) -> None:
    """The night shift's edit, and those who try."""
    notes, iam = lab.notes, lab.client("iam")
    notes["stranger"] = lab.world.ids.account()
    notes["stranger_key"] = runner(lab, notes["stranger"], "crawler")
    iam.create_user(UserName="intern")
    iam.put_user_policy(
        UserName="intern",
        PolicyName="assume",
        PolicyDocument='{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}',
    )
    notes["intern_key"] = iam.create_access_key(UserName="intern")["AccessKey"]["AccessKeyId"]
    night_shift = lab.client("iam", lab.identity_of_key(notes["night_shift_key"]))
    night_shift.update_assume_role_policy(RoleName=ROLE, PolicyDocument=trust("*"))
    lab.add(Outside(lab, "outside"))
