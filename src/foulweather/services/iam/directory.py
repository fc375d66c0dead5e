"""What IAM tells the gates and the other services about identities."""

from __future__ import annotations

from collections.abc import Mapping

from foulweather.kernel.directory import RoleView, SamlProvider, UserView, WebProvider
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.policy.principal import Principal
from foulweather.services.iam import limits, totp
from foulweather.services.iam.holdings import holdings, managed
from foulweather.services.iam.records import Role, User
from foulweather.services.iam.state import Changes, IamState, identity_at
from foulweather.services.iam.trust import current_trust
from foulweather.world.world import World

NO_TAGS: Mapping[str, str] = {}


class IamDirectory:
    """Answers from IAM's tables; what it compiled it remembers until anything of IAM changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._changes = world.state(Changes)
        self._seen = -1
        self._policies: dict[str, list[Held]] = {}
        self._boundaries: dict[str, Held | None] = {}
        self._roles: dict[str, RoleView | None] = {}

    def identity_policies(self, principal: Principal) -> list[Held]:
        """Inline, attached and group policies of a user, or of the role or user behind a session."""
        self._forget_what_changed()
        arn = principal.role_arn or principal.arn
        found = self._policies.get(arn)
        if found is None:
            identity = identity_at(self._world, arn)
            held = [] if identity is None else [each.held for each in holdings(self._world, identity)]
            found = self._policies[arn] = held
        return found

    def boundary(self, principal: Principal) -> Held | None:
        """The permissions boundary of a user or role."""
        self._forget_what_changed()
        arn = principal.role_arn or principal.arn
        if arn not in self._boundaries:
            identity = identity_at(self._world, arn)
            self._boundaries[arn] = None
            if isinstance(identity, (User, Role)) and identity.boundary:
                self._boundaries[arn] = managed(self._world, identity.boundary, identity.account, "boundary")
        return self._boundaries[arn]

    def tags(self, principal: Principal) -> Mapping[str, str]:
        """The tags of a user or role (session tags come from the session)."""
        identity = identity_at(self._world, principal.role_arn or principal.arn)
        return identity.tags if isinstance(identity, (User, Role)) else NO_TAGS

    def managed_policy(self, arn: str, account: str) -> Held | None:
        """A managed policy's default version, for session policies by ARN."""
        return managed(self._world, arn, account, "session")

    def version_in_the_way(self, arn: str) -> str:
        """The oldest version of a managed policy that can have no more of them, or empty where there is room."""
        found = self._world.state(IamState, arn.split(":")[4]).find_policy(arn)
        if found is None or len(found.versions) < limits.POLICY_VERSIONS:
            return ""
        return next(version.id for version in found.versions if version.id != found.default_id)

    def role(self, arn: str) -> RoleView | None:
        """A role by ARN."""
        self._forget_what_changed()
        if arn not in self._roles:
            found = identity_at(self._world, arn)
            self._roles[arn] = self._view(found) if isinstance(found, Role) and found.arn == arn else None
        return self._roles[arn]

    def user(self, arn: str) -> UserView | None:
        """A user by ARN."""
        found = identity_at(self._world, arn)
        if not isinstance(found, User):
            return None
        return UserView(found.arn, found.name, found.id, found.account, found.tags)

    def web_provider(self, account: str, url: str) -> WebProvider | None:
        """An account's OpenID Connect provider by issuer (host and path, without scheme)."""
        state = self._world.state(IamState, account)
        found = state.oidc_providers.get(f"arn:aws:iam::{account}:oidc-provider/{url}")
        return None if found is None else WebProvider(found.arn, found.url, tuple(found.client_ids))

    def saml_provider(self, arn: str) -> SamlProvider | None:
        """A SAML provider by ARN."""
        parts = arn.split(":", 5)
        found = self._world.state(IamState, parts[4]).saml_providers.get(arn) if len(parts) == 6 else None
        return None if found is None else SamlProvider(found.arn, found.metadata)

    def mfa_serials(self, principal: Principal) -> list[str]:
        """The serial numbers of the MFA devices that a user has enabled."""
        user = identity_at(self._world, principal.arn)
        if not isinstance(user, User):
            return []
        devices = self._world.state(IamState, principal.account).mfa_devices.values()
        return [device.arn for device in devices if device.user == user.id]

    def is_right_mfa_code(self, principal: Principal, serial: str, code: str, now_ms: int) -> bool | None:
        """Whether a code is right now; None when the principal has no such device."""
        user = identity_at(self._world, principal.arn)
        device = self._world.state(IamState, principal.account).mfa_devices.get(serial)
        if device is None or not isinstance(user, User) or device.user != user.id:
            return None
        return totp.is_right(device, code, now_ms)

    def _forget_what_changed(self) -> None:
        if self._seen != self._changes.count:
            self._seen = self._changes.count
            self._policies.clear()
            self._boundaries.clear()
            self._roles.clear()

    def _view(self, role: Role) -> RoleView:
        return RoleView(
            arn=role.arn,
            name=role.name,
            role_id=role.id,
            account=role.account,
            trust=Held(role.arn, "trust", parse(current_trust(self._world, role), "trust")),
            max_session_s=role.max_session_s,
            tags=role.tags,
            is_service_linked=bool(role.service),
        )
