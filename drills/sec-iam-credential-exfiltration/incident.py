"""The key is found in a public repository; its finder makes himself at home before anybody notices."""

from __future__ import annotations

from collections.abc import Iterator

from stack import ROLE, USER, assumed, taken

from foulweather.drilling.clients import Identity
from foulweather.drilling.lab import Lab
from foulweather.drilling.regular import Regular
from foulweather.kernel.call import Origin
from foulweather.kernel.errors import AwsError

ADDRESSES = ("198.51.100.23", "203.0.113.77")


class Thief(Regular):
    """Signs with everything that he found or made, from one address and, where that is refused, from another."""

    EVERY_MS = 41_000
    IS_OURS = False

    def start(self) -> None:
        """Make a second key, a session of the user that lasts a day and a half, and sessions of the role."""
        lab = self.lab
        self.keys = [lab.notes["first_key"]]
        self.sessions: list[str] = []
        self.came_in: list[tuple[int, str]] = []
        self.stolen: dict[int, int] = {}
        found = self._from(self.keys[0], ADDRESSES[0])
        made = lab.client("sts", found).get_session_token(DurationSeconds=129_600)
        self.sessions.append(made["Credentials"]["AccessKeyId"])
        self.keys.append(lab.client("iam", found).create_access_key(UserName=USER)["AccessKey"]["AccessKeyId"])
        super().start()

    def run(self) -> None:
        """Try everything."""
        for what, key in [*self._held()]:
            for address in ADDRESSES:
                if self._reached(what, key, address):
                    break

    def _held(self) -> Iterator[tuple[str, str]]:
        yield "the access key that leaked", self.keys[0]
        yield "an access key that he made for the user", self.keys[1]
        yield "a session of the user, which he made with GetSessionToken", self.sessions[0]
        for key in self.sessions[1:][-3:]:
            yield f"a session of the role {ROLE}", key

    def _reached(self, what: str, key: str, address: str) -> bool:
        """Whether it still opens the customers' queue; where it opens the role, a fresh session is kept as well."""
        lab = self.lab
        try:
            identity = self._from(key, address)
            if "role" not in what:
                session = assumed(lab, identity, ROLE, "release")
                session.origin = identity.origin
                self.sessions.append(session.access_key_id)
                self.came_in.append((lab.now_ms, what))
                identity = session
            for number in taken(lab, identity):
                self.stolen[number] = lab.now_ms
        except AwsError as error:
            self.say(f"{what}: {error.code}")
            return False
        self.came_in.append((lab.now_ms, what))
        return True

    def _from(self, key: str, address: str) -> Identity:
        identity = self.lab.identity_of_key(key)
        identity.origin = Origin(ip=address, user_agent="python-requests/2.31", is_secure=True)
        return identity


def strike(lab: Lab) -> None:
    """Found, and used within the minute."""
    lab.add(Thief(lab, "somebody"))
