"""The identity pools of an account in a region, and which identity a login belongs to."""

from __future__ import annotations

from foulweather.services.cognito_identity.records import Identity, IdentityPool, TokenKey
from foulweather.world.store import State, table


class IdentityState(State):
    """One account's identity pools in one region."""

    pools = table(IdentityPool)
    identities = table(Identity)

    def opened(self) -> None:
        """Find identities by pool and by login."""
        self.identities_of: dict[str, dict[str, Identity]] = {pool: {} for pool in self.pools}
        self.linked: dict[tuple[str, str, str], Identity] = {}
        for identity in self.identities.values():
            self._index(identity)

    def add(self, identity: Identity) -> None:
        """Add an identity."""
        self.identities.put(identity.id, identity)
        self._index(identity)

    def link(self, identity: Identity, provider: str, subject: str, now_ms: int) -> None:
        """Have a login belong to an identity."""
        held = identity.logins.setdefault(provider, [])
        if subject not in held:
            held.append(subject)
        identity.modified_ms = now_ms
        self.linked[identity.pool, provider, subject] = identity
        self.identities.touch(identity.id)

    def unlink(self, identity: Identity, provider: str, subject: str, now_ms: int) -> None:
        """Have a login belong to an identity no more."""
        held = identity.logins.get(provider, [])
        if subject in held:
            held.remove(subject)
        if not held:
            identity.logins.pop(provider, None)
        identity.modified_ms = now_ms
        self.linked.pop((identity.pool, provider, subject), None)
        self.identities.touch(identity.id)

    def remove(self, identity: Identity) -> None:
        """Remove an identity with its logins."""
        for provider, subjects in identity.logins.items():
            for subject in subjects:
                self.linked.pop((identity.pool, provider, subject), None)
        self.identities_of.get(identity.pool, {}).pop(identity.id, None)
        self.identities.delete(identity.id)

    def remove_pool(self, pool: IdentityPool) -> None:
        """Remove a pool with its identities."""
        for identity in list(self.identities_of.get(pool.id, {}).values()):
            self.remove(identity)
        self.identities_of.pop(pool.id, None)
        self.pools.delete(pool.id)

    def _index(self, identity: Identity) -> None:
        self.identities_of.setdefault(identity.pool, {})[identity.id] = identity
        for provider, subjects in identity.logins.items():
            for subject in subjects:
                self.linked[identity.pool, provider, subject] = identity


class TokenKeys(State):
    """The key of a world's identity tokens: their issuer is one for all accounts and regions."""

    scope = "world"
    keys = table(TokenKey)
