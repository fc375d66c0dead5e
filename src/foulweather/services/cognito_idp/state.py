"""The user pools of an account in a region, and who is found by which name."""

from __future__ import annotations

from foulweather.services.cognito_idp.hosted_records import AuthorizationCode, Browser, Link, Trip
from foulweather.services.cognito_idp.limits import MESSAGES_KEPT
from foulweather.services.cognito_idp.records import (
    Client,
    Device,
    Domain,
    Group,
    IdentityProviderRecord,
    ImportJob,
    Message,
    Pool,
    Refresh,
    ResourceServer,
    Revoked,
    Session,
    User,
)
from foulweather.world.store import State, table

ALIASES = ("email", "phone_number", "preferred_username")


class CognitoState(State):
    """One account's user pools in one region; rows of a pool have keys that begin with its id."""

    pools = table(Pool)
    clients = table(Client)
    users = table(User)
    groups = table(Group)
    resource_servers = table(ResourceServer)
    providers = table(IdentityProviderRecord)
    domains = table(Domain)
    sessions = table(Session)
    refreshes = table(Refresh)
    revoked = table(Revoked)
    messages = table(Message)
    imports = table(ImportJob)
    codes = table(AuthorizationCode)
    browsers = table(Browser)
    trips = table(Trip)
    links = table(Link)
    devices = table(Device)

    def opened(self) -> None:
        """Find users by pool and by every name that they can sign in with."""
        self.users_of: dict[str, dict[str, User]] = {pool: {} for pool in self.pools}
        self.named: dict[tuple[str, str], User] = {}
        self.names_of: dict[str, list[tuple[str, str]]] = {}
        self.subs: dict[tuple[str, str], User] = {}
        self.refreshes_of: dict[str, set[str]] = {}
        self.device_rows: dict[str, list[str]] = {}
        for device in self.devices.values():
            self.device_rows.setdefault(f"{device.pool}/{device.user}", []).append(device.row)
        for user in self.users.values():
            self._index(user)
        for refresh in self.refreshes.values():
            self.refreshes_of.setdefault(f"{refresh.pool}/{refresh.user}", set()).add(refresh.key)

    # --- users

    def user(self, pool: Pool, name: str) -> User | None:
        """The user of a name: their own, their sub, or an alias that is verified."""
        found = self.named.get((pool.id, pool.folded(name)))
        return found if found is not None else self.subs.get((pool.id, name))

    def holder(self, pool: Pool, name: str) -> User | None:
        """The user who can sign in with a name."""
        return self.named.get((pool.id, pool.folded(name)))

    def add_user(self, user: User) -> None:
        """Add a user."""
        self.users.put(user.key, user)
        self._index(user)

    def touch_user(self, user: User) -> None:
        """Have a changed user written, and found by the names they now have."""
        self.users.touch(user.key)
        self._forget(user)
        self._index(user)

    def remove_user(self, user: User) -> None:
        """Remove a user with their refresh tokens."""
        self._forget(user)
        for key in [key for key, link in self.links.items() if link.pool == user.pool and link.user == user.name]:
            self.links.delete(key)
        for device in self.devices_of(user):
            self.forget_device(device)
        self.users_of[user.pool].pop(user.name, None)
        self.forget_refreshes(user)
        self.users.delete(user.key)

    def devices_of(self, user: User) -> list[Device]:
        """A user's devices, the oldest first."""
        return [self.devices[row] for row in self.device_rows.get(user.key, ())]

    def add_device(self, device: Device) -> None:
        """Keep a device."""
        self.devices.put(device.row, device)
        self.device_rows.setdefault(f"{device.pool}/{device.user}", []).append(device.row)

    def forget_device(self, device: Device) -> None:
        """Forget a device."""
        self.devices.delete(device.row)
        self.device_rows[f"{device.pool}/{device.user}"].remove(device.row)

    def aliases(self, pool: Pool, user: User) -> list[str]:
        """The names, beside their own, that a user can sign in with."""
        return [user.attributes[name] for name in self.alias_names(pool, user)]

    def alias_names(self, pool: Pool, user: User) -> list[str]:
        """The attributes whose values a user can sign in with."""
        found: list[str] = []
        for name in ALIASES:
            is_alias = name in pool.alias_attributes and (name == "preferred_username" or user.is_verified(name))
            if user.attributes.get(name) and (is_alias or name in pool.username_attributes):
                found.append(name)
        return found

    def _index(self, user: User) -> None:
        pool = self.pools[user.pool]
        self.users_of.setdefault(pool.id, {})[user.name] = user
        self.subs[pool.id, user.sub] = user
        names = [(pool.id, pool.folded(name)) for name in (user.name, *self.aliases(pool, user))]
        self.names_of[user.key] = names
        for name in names:
            self.named[name] = user

    def _forget(self, user: User) -> None:
        for name in self.names_of.pop(user.key, []):
            if self.named.get(name) is user:
                del self.named[name]
        self.subs.pop((user.pool, user.sub), None)

    # --- refresh tokens

    def add_refresh(self, refresh: Refresh, now_ms: int) -> None:
        """Keep a refresh token, and forget those of the user that have expired."""
        held = self.refreshes_of.setdefault(f"{refresh.pool}/{refresh.user}", set())
        for key in [key for key in held if self.refreshes[key].expires_ms <= now_ms]:
            held.discard(key)
            self.refreshes.delete(key)
        held.add(refresh.key)
        self.refreshes.put(refresh.key, refresh)

    def forget_refreshes(self, user: User) -> None:
        """Forget every refresh token of a user."""
        for key in self.refreshes_of.pop(user.key, set()):
            self.refreshes.delete(key)

    def forget_origin(self, refresh: Refresh, until_ms: int) -> None:
        """Revoke a sign-in: its refresh tokens, and the tokens that came of them."""
        held = self.refreshes_of.get(f"{refresh.pool}/{refresh.user}", set())
        for key in [key for key in held if self.refreshes[key].origin == refresh.origin]:
            held.discard(key)
            self.refreshes.delete(key)
        self.revoked.put(refresh.origin, Revoked(refresh.origin, until_ms))

    def forget_revoked(self, now_ms: int) -> None:
        """Forget what was revoked and would have expired since."""
        for key in [key for key, held in self.revoked.items() if held.expires_ms <= now_ms]:
            self.revoked.delete(key)

    # --- sessions and messages

    def add_session(self, session: Session, now_ms: int) -> None:
        """Keep a sign-in under way, and forget the oldest that have expired."""
        stale: list[str] = []
        for key, held in self.sessions.items():
            if held.expires_ms + 3_600_000 > now_ms:
                break
            stale.append(key)
        for key in stale:
            self.sessions.delete(key)
        self.sessions.put(session.id, session)

    def add_message(self, message: Message) -> None:
        """Keep a message, and as many of the last ones as fit."""
        self.messages.put(message.id, message)
        if len(self.messages) > MESSAGES_KEPT:
            self.messages.delete(next(iter(self.messages)))

    # --- hosted pages

    def forget_old_visits(self, now_ms: int) -> None:
        """Forget codes, browsers and trips that have expired."""
        for rows in (self.codes, self.browsers, self.trips):
            stale: list[str] = []
            for key, row in rows.items():  # all of a table last equally long: the oldest come first
                if row.expires_ms > now_ms:
                    break
                stale.append(key)
            for key in stale:
                rows.delete(key)

    # --- pools

    def add_pool(self, pool: Pool) -> None:
        """Add a pool without users."""
        self.pools.put(pool.id, pool)
        self.users_of[pool.id] = {}

    def remove_pool(self, pool: Pool) -> None:
        """Remove a pool with everything in it."""
        for user in list(self.users_of.get(pool.id, {}).values()):
            self.remove_user(user)
        self.users_of.pop(pool.id, None)
        for client in [client for client in self.clients.values() if client.pool == pool.id]:
            self.clients.delete(client.id)
        for rows in (self.groups, self.resource_servers, self.providers):
            for key in [key for key in rows if key.startswith(f"{pool.id}/")]:
                rows.delete(key)
        for key in [key for key, session in self.sessions.items() if session.pool == pool.id]:
            self.sessions.delete(key)
        for rows in (self.imports, self.codes, self.browsers, self.trips, self.links):
            for key in [key for key, row in rows.items() if row.pool == pool.id]:
                rows.delete(key)
        self.pools.delete(pool.id)
