"""A world with STS alone in it, and a directory of identities in dicts: what STS asks of IAM, without IAM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.gates import GATES
from foulweather.kernel.directory import RoleView, SamlProvider, UserView, WebProvider
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.services import Services
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.policy.principal import Principal
from foulweather.world.world import World
from harness import ACCOUNT, START_MS, Aws


def services_alone(*names: str) -> Services:
    """Those services and no others."""
    services = Services()
    services._manifests = {name: services._manifests[name] for name in names}
    return services


_sts = services_alone("sts")


def sts_alone(**world: Any) -> Aws:
    """The root caller of a fresh world on a held clock."""
    return Aws(Pipeline(World(mode="held", start_ms=START_MS, **{"seed": 1, **world}), _sts, GATES))


class FakeDirectory:
    """Identities in dicts."""

    def __init__(self) -> None:
        self.policies: dict[str, list[Held]] = {}
        self.managed: dict[str, Held] = {}
        self.roles: dict[str, RoleView] = {}
        self.web: dict[tuple[str, str], WebProvider] = {}
        self.saml: dict[str, SamlProvider] = {}
        self.codes: dict[tuple[str, str], str] = {}

    # --- what tests put in

    def add_role(
        self, name: str, *principals: Any, account: str = ACCOUNT, max_session_s: int = 3600, **more: Any
    ) -> str:
        """A role that trusts principals, or whose trust policy has the given statements."""
        arn = f"arn:aws:iam::{account}:role/{name}"
        statements = more.get("statements") or [
            {
                "Effect": "Allow",
                "Principal": principal if isinstance(principal, dict) else {"AWS": principal},
                "Action": more.get("actions", ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]),
                **({"Condition": more["condition"]} if "condition" in more else {}),
            }
            for principal in principals
        ]
        trust = Held(arn, "trust", parse({"Version": "2012-10-17", "Statement": statements}, "trust"))
        short = name.rpartition("/")[2]
        role_id = f"AROA{short.upper():X<17}"
        self.roles[arn] = RoleView(arn, short, role_id, account, trust, max_session_s, more.get("tags", {}))
        return arn

    def allow(self, arn: str, *actions: str, resource: str = "*", effect: str = "Allow") -> None:
        document = {
            "Version": "2012-10-17",
            "Statement": {"Effect": effect, "Action": list(actions), "Resource": resource},
        }
        self.policies.setdefault(arn, []).append(Held("inline:test", "identity", parse(document, "identity")))

    # --- what STS and the gates ask

    def identity_policies(self, principal: Principal) -> list[Held]:
        return self.policies.get(principal.role_arn or principal.arn, [])

    def boundary(self, principal: Principal) -> Held | None:
        return None

    def tags(self, principal: Principal) -> Mapping[str, str]:
        return {}

    def managed_policy(self, arn: str, account: str) -> Held | None:
        return self.managed.get(arn)

    def role(self, arn: str) -> RoleView | None:
        return self.roles.get(arn)

    def user(self, arn: str) -> UserView | None:
        return None

    def web_provider(self, account: str, url: str) -> WebProvider | None:
        return self.web.get((account, url))

    def saml_provider(self, arn: str) -> SamlProvider | None:
        return self.saml.get(arn)

    def version_in_the_way(self, arn: str) -> str:
        return ""

    def mfa_serials(self, principal: Principal) -> list[str]:
        return [serial for arn, serial in self.codes if arn == principal.arn]

    def is_right_mfa_code(self, principal: Principal, serial: str, code: str, now_ms: int) -> bool | None:
        right = self.codes.get((principal.arn, serial))
        return None if right is None else code == right


def user(name: str = "alice", account: str = ACCOUNT) -> Principal:
    return Principal("user", f"arn:aws:iam::{account}:user/{name}", account, f"AIDA{name.upper():X<17}")
