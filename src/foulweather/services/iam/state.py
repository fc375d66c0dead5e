"""An account's identities and policies, and how they are found."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from foulweather.kernel.errors import AwsError
from foulweather.services.iam import aws_managed, records, report_records
from foulweather.services.iam.records import (
    Group,
    Identity,
    InstanceProfile,
    ManagedPolicy,
    MfaDevice,
    OidcProvider,
    Role,
    Row,
    SamlProvider,
    ServerCertificate,
    Settings,
    User,
)
from foulweather.world.store import State, Table, table
from foulweather.world.world import World


def no_such_entity(message: str) -> AwsError:
    """NoSuchEntity, in words."""
    return AwsError("NoSuchEntityException", message, 404)


def no_such_policy(arn: str, message: str) -> AwsError:
    """NoSuchEntity, in words; but 501 for what may well be AWS's own policy and is only not held here."""
    return aws_managed.not_held(arn) if aws_managed.may_exist(arn) else no_such_entity(message)


def already_exists(message: str) -> AwsError:
    """EntityAlreadyExists, in words."""
    return AwsError("EntityAlreadyExistsException", message, 409)


class Usage(NamedTuple):
    """How many identities have each managed policy attached, and as a permissions boundary."""

    attached: Counter[str]
    boundaries: Counter[str]


class Changes(State):
    """How often anything of IAM in any account changed: whoever remembers compiled policies asks it."""

    scope = "world"

    def opened(self) -> None:
        """Count from the start of the process."""
        self.count = 0


class RootAccess(State):
    """The features of centralized root access, kept in the organization's management account."""

    scope = "account"
    features = table(records.RootFeature)


class Uses(State):
    """When identities and access keys were last used; kept apart, for the hot path writes here."""

    scope = "account"
    identities = table(report_records.IdentityUse)
    keys = table(report_records.KeyUse)


class IamState(State):
    """Everything of IAM in one account."""

    scope = "account"
    users = table(User)
    groups = table(Group)
    roles = table(Role)
    instance_profiles = table(InstanceProfile)
    policies = table(ManagedPolicy)
    access_keys = table(records.AccessKey)
    login_profiles = table(records.LoginProfile)
    mfa_devices = table(MfaDevice)
    saml_providers = table(SamlProvider)
    oidc_providers = table(OidcProvider)
    server_certificates = table(ServerCertificate)
    signing_certificates = table(records.SigningCertificate)
    ssh_keys = table(records.SshKey)
    service_credentials = table(records.ServiceCredential)
    settings = table(Settings)
    deletion_tasks = table(report_records.DeletionTask)
    reports = table(report_records.CredentialReport)
    access_jobs = table(report_records.AccessJob)

    def opened(self) -> None:
        """Nothing is counted yet."""
        self._changes = self.store.state(Changes, "", "")
        self._usage: Usage | None = None

    # --- writes

    def keep(self, row: Row) -> None:
        """Write a row, new or changed."""
        self._table(row).put(row.key, row)
        self._changed()

    def drop(self, row: Row) -> None:
        """Remove a row."""
        self._table(row).delete(row.key)
        self._changed()

    def rename(self, row: Row, old_key: str) -> None:
        """Write a row whose key may have changed."""
        if row.key != old_key:
            self._table(row).delete(old_key)
        self.keep(row)

    def _changed(self) -> None:
        self._changes.count += 1
        self._usage = None

    def _table(self, row: Row) -> Table[Row]:
        return getattr(self, _TABLES[type(row)])

    # --- what is named

    def user(self, name: str) -> User:
        """A user by name."""
        found = self.users.get(name.lower())
        if found is None:
            raise no_such_entity(f"The user with name {name} cannot be found.")
        return found

    def group(self, name: str) -> Group:
        """A group by name."""
        found = self.groups.get(name.lower())
        if found is None:
            raise no_such_entity(f"The group with name {name} cannot be found.")
        return found

    def role(self, name: str) -> Role:
        """A role by name."""
        found = self.roles.get(name.lower())
        if found is None:
            raise no_such_entity(f"The role with name {name} cannot be found.")
        return found

    def modifiable_role(self, name: str) -> Role:
        """A role by name, unless only its service may change it."""
        found = self.role(name)
        if found.service:
            raise AwsError(
                "UnmodifiableEntityException",
                f"Cannot perform the operation on the protected role '{found.name}' - this role is only modifiable "
                "by AWS",
            )
        return found

    def instance_profile(self, name: str) -> InstanceProfile:
        """An instance profile by name."""
        found = self.instance_profiles.get(name.lower())
        if found is None:
            raise no_such_entity(f"Instance Profile {name} cannot be found.")
        return found

    def find_policy(self, arn: str) -> ManagedPolicy | None:
        """A managed policy by ARN, AWS's or this account's."""
        if arn.startswith(aws_managed.PREFIX):
            return aws_managed.find(arn)
        found = self.policies.get(arn.rpartition("/")[2].lower())
        return found if found is not None and found.arn == arn else None

    def policy(self, arn: str) -> ManagedPolicy:
        """A managed policy by ARN."""
        found = self.find_policy(arn)
        if found is None:
            raise no_such_policy(arn, f"Policy {arn} was not found.")
        return found

    def own_policy(self, arn: str) -> ManagedPolicy:
        """A customer managed policy by ARN; AWS's own cannot be changed."""
        found = self.policy(arn)
        if found.account == "aws":
            raise AwsError("AccessDenied", f"Cannot change the AWS managed policy {arn}.", 403)
        return found

    def mfa_device(self, serial: str) -> MfaDevice:
        """A virtual MFA device by serial number."""
        found = self.mfa_devices.get(serial)
        if found is None:
            raise no_such_entity(f"VirtualMFADevice with serial number {serial} does not exist.")
        return found

    def saml_provider(self, arn: str) -> SamlProvider:
        """A SAML provider by ARN."""
        found = self.saml_providers.get(arn)
        if found is None:
            raise no_such_entity(f"Manifest not found for arn {arn}")
        return found

    def oidc_provider(self, arn: str) -> OidcProvider:
        """An OpenID Connect provider by ARN."""
        found = self.oidc_providers.get(arn)
        if found is None:
            raise no_such_entity(f"OpenIDConnect Provider not found for arn {arn}")
        return found

    def server_certificate(self, name: str) -> ServerCertificate:
        """A server certificate by name."""
        found = self.server_certificates.get(name.lower())
        if found is None:
            raise no_such_entity(f"The Server Certificate with name {name} cannot be found.")
        return found

    # --- what belongs together

    @property
    def account_settings(self) -> Settings:
        """What the account has once; keep it after changing it."""
        return self.settings.get("settings") or Settings()

    def since(self, now_ms: int) -> int:
        """When the account began, as far as IAM can tell: with its first identity, policy or key."""
        made = [*self.identities(), *self.policies.values(), *self.access_keys.values()]
        return min((row.created_ms for row in made), default=now_ms)

    def members(self, group: Group) -> list[User]:
        """The users in a group, by name."""
        return sorted((user for user in self.users.values() if group.key in user.groups), key=_by_key)

    def groups_of(self, user: User) -> list[Group]:
        """The groups that a user is in."""
        return [self.groups[key] for key in user.groups]

    def profiles_of(self, role: Role) -> list[InstanceProfile]:
        """The instance profiles that hold a role, by name."""
        return sorted((each for each in self.instance_profiles.values() if each.role == role.key), key=_by_key)

    def identities(self) -> list[User | Group | Role]:
        """Every user, group and role."""
        return [*self.users.values(), *self.groups.values(), *self.roles.values()]

    def usage(self) -> Usage:
        """How often each managed policy is used."""
        if self._usage is None:
            attached: Counter[str] = Counter()
            boundaries: Counter[str] = Counter()
            for identity in self.identities():
                attached.update(identity.attached)
                if not isinstance(identity, Group) and identity.boundary:
                    boundaries[identity.boundary] += 1
            self._usage = Usage(attached, boundaries)
        return self._usage


_TABLES: dict[type, str] = {declared.row: name for name, declared in vars(IamState).items() if hasattr(declared, "row")}


def _by_key(row: Identity | InstanceProfile) -> str:
    return row.key


def identity_at(world: World, arn: str) -> User | Group | Role | None:
    """The user, group or role with an ARN, in whatever account of the world; also the role of a session's ARN."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] not in ("iam", "sts"):
        return None
    kind, _, rest = parts[5].partition("/")
    state = world.state(IamState, parts[4])
    if parts[2] == "sts":
        return state.roles.get(rest.partition("/")[0].lower()) if kind == "assumed-role" else None
    rows: dict[str, Table[User] | Table[Group] | Table[Role]] = {
        "user": state.users,
        "group": state.groups,
        "role": state.roles,
    }
    found = rows[kind].get(rest.rpartition("/")[2].lower()) if kind in rows else None
    return found if found is not None and found.arn == arn else None


def identity_with_id(world: World, unique_id: str) -> User | Group | Role | None:
    """The user, group or role with a unique id, in whatever account of the world."""
    for state in world.store.states(IamState):
        for identity in state.identities():
            if identity.id == unique_id:
                return identity
    return None
