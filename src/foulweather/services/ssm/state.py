"""Parameters and their versions of one account and region, and the settings of Parameter Store."""

from __future__ import annotations

import msgspec

from foulweather.kernel.service import Resource
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.world.store import State, table

VERSIONS_MAX = 100


class Policy(msgspec.Struct):
    """A parameter policy; `text` is its JSON. `status` is Pending, InProgress, Finished or Failed."""

    kind: str
    text: str
    due_ms: int
    status: str = "Pending"


class Version(msgspec.Struct):
    """One version of a parameter: what PutParameter gave. `sealed` holds the value of a SecureString."""

    parameter: str
    number: int
    type: str
    modified_ms: int
    user: str
    value: str = ""
    sealed: bytes = b""
    data_key: bytes = b""
    key: str = ""
    description: str = ""
    allowed_pattern: str = ""
    tier: str = "Standard"
    data_type: str = "text"
    policies: list[Policy] = []
    labels: list[str] = []

    @property
    def row(self) -> str:
        """The key of the version's row."""
        return f"{self.parameter}\n{self.number}"


class Parameter(msgspec.Struct):
    """A parameter: its name as it was given, its latest version's number, its tags and its resource policy.

    `round` counts its sets of policies, so that a policy of an older set does nothing.
    """

    name: str
    account: str
    region: str
    latest: int = 0
    tags: dict[str, str] = {}
    round: int = 0
    policy: str = ""
    policy_id: str = ""
    policy_hash: str = ""

    @property
    def arn(self) -> str:
        """The parameter's ARN; the slash before a hierarchy is not doubled."""
        return arn_of(self.account, self.region, self.name)


class Setting(msgspec.Struct):
    """A service setting that somebody has changed."""

    value: str
    modified_ms: int
    user: str


class SsmState(State):
    """Everything of Parameter Store in an account and region."""

    parameters = table(Parameter)
    versions = table(Version)
    settings = table(Setting)

    def opened(self) -> None:
        """Index the versions; policies are compiled when first used."""
        self._versions_of: dict[str, dict[int, Version]] = {}
        self._policies: dict[str, Held] = {}
        for version in sorted(self.versions.values(), key=lambda each: each.number):
            self._versions_of.setdefault(version.parameter, {})[version.number] = version

    def touch(self, parameter: Parameter) -> None:
        """Have a changed parameter written."""
        self._policies.pop(parameter.name, None)
        self.parameters.touch(parameter.name)

    def remove(self, parameter: Parameter) -> None:
        """Forget a parameter and all its versions."""
        for version in self._versions_of.pop(parameter.name, {}).values():
            self.versions.delete(version.row)
        self._policies.pop(parameter.name, None)
        self.parameters.delete(parameter.name)

    def put(self, parameter: Parameter, version: Version) -> None:
        """Take in a new version, and the parameter if it is the first; the oldest makes room."""
        held = self._versions_of.setdefault(parameter.name, {})
        held[version.number] = version
        self.versions.put(version.row, version)
        parameter.latest = version.number
        self._policies.pop(parameter.name, None)
        self.parameters.put(parameter.name, parameter)
        while len(held) > VERSIONS_MAX:
            oldest = held.pop(min(held))
            self.versions.delete(oldest.row)

    def versions_of(self, parameter: Parameter) -> dict[int, Version]:
        """The versions of a parameter by number, oldest first."""
        return self._versions_of[parameter.name]

    def latest(self, parameter: Parameter) -> Version:
        """The version that a parameter has now."""
        return self._versions_of[parameter.name][parameter.latest]

    def labeled(self, parameter: Parameter, label: str) -> Version | None:
        """The version that has a label."""
        return next((each for each in self._versions_of[parameter.name].values() if label in each.labels), None)

    def resource_of(self, parameter: Parameter) -> Resource:
        """A parameter as authorization sees it."""
        return Resource(parameter.arn, parameter.account, self._policy_of(parameter), parameter.tags)

    def _policy_of(self, parameter: Parameter) -> Held | None:
        if not parameter.policy:
            return None
        found = self._policies.get(parameter.name)
        if found is None:
            found = Held(parameter.arn, "resource", parse(parameter.policy, "resource"))
            self._policies[parameter.name] = found
        return found


def arn_of(account: str, region: str, name: str) -> str:
    """The ARN of a parameter's name."""
    return f"arn:aws:ssm:{region}:{account}:parameter/{name.removeprefix('/')}"
