"""A new version of a secret, from the request until it is there."""

from __future__ import annotations

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.secretsmanager import replication, rotating, staging
from foulweather.services.secretsmanager.sealing import opened, seal
from foulweather.services.secretsmanager.state import CURRENT, Sealed, Secret, SecretsState, Version


class Writing(msgspec.Struct, frozen=True):
    """What a request wants to write: the token becomes the version's id."""

    token: str
    value: bytes
    is_binary: bool

    async def sealed(self, call: Call, secret: Secret, key: str, region: str = "") -> Sealed:
        """The value under a key, for the secret or its replica in a region."""
        return await seal(call, secret, self.token, self.value, key, region)

    def version(self, secret: Secret, now_ms: int, sealed: Sealed, copies: dict[str, Sealed]) -> Version:
        """The version itself, without labels yet."""
        return Version(self.token, secret.name, now_ms, sealed, self.is_binary, copies=copies)


async def begun(call: Call, state: SecretsState, secret: Secret, writing: Writing) -> Version | None:
    """The version that the same token made already, or None for a new one or one that has no value yet.

    "If a version with this value already exists and the version of the SecretString and SecretBinary values are
    the same as those in the request, then the request is ignored ... If they are different, then the request
    fails": API_PutSecretValue, ClientRequestToken.
    """
    version = state.version(secret, writing.token)
    if version is None:
        staging.check_room(state, secret, call.now)
        return None
    if version.is_empty:
        return None
    if version.is_binary == writing.is_binary and await opened(call, secret, version) == writing.value:
        return version
    raise AwsError(
        "ResourceExistsException",
        "A resource with the ID you requested already exists.",
        facts=(Fact(secret.arn, "VersionId", writing.token), Fact("request", "value", "another than that version has")),
    )


def add(call: Call, state: SecretsState, secret: Secret, version: Version, labels: list[str]) -> None:
    """Take in a new version with its labels; the first is current whatever its labels are."""
    first = not list(state.versions_of(secret))
    begun_before = state.version(secret, version.id)
    if begun_before is not None:  # by a rotation: the version has its label, and now gets its value
        version.stages = list(begun_before.stages)
    state.put_version(version)
    for label in [*labels, CURRENT] if first else labels:
        staging.attach(state, secret, label, version)
    staging.prune(state, secret, call.now)
    secret.changed_ms = call.now
    state.touch(secret)
    rotation = secret.rotation
    if rotation is not None and rotation.is_enabled and rotation.days and CURRENT in version.stages:
        # "Manually updating the secret value ... is considered a valid rotation": API_RotationRulesType.
        rotating.plan(call, state, secret, call.now)
    replication.spread(call, secret)
    call.changed("secretsmanager.SecretValueSet", secret.arn, VersionId=version.id, VersionStages=version.stages)
