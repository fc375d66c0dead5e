"""Keys, their material, aliases and grants of one account and region."""

from __future__ import annotations

import msgspec

from foulweather.kernel.service import Resource
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.kms.sealing import Lock, header, lock
from foulweather.services.kms.specs import SPECS, Spec
from foulweather.world.store import State, table


class Key(msgspec.Struct):
    """A KMS key: what DescribeKey tells of it, its policy, its rotation and its deletion.

    `manager` is CUSTOMER or AWS. `material` is the id of its current key material, empty where none is imported.
    `region_type` is PRIMARY, REPLICA, or empty for a single-Region key.
    """

    id: str
    account: str
    region: str
    created_ms: int
    policy: str
    usage: str = "ENCRYPT_DECRYPT"
    spec: str = "SYMMETRIC_DEFAULT"
    origin: str = "AWS_KMS"
    manager: str = "CUSTOMER"
    state: str = "Enabled"
    description: str = ""
    tags: dict[str, str] = {}
    material: str = ""
    region_type: str = ""
    primary_region: str = ""
    replica_regions: list[str] = []
    deletion_ms: int = 0
    deletion_days: int = 0
    rotation_days: int = 0
    rotation_ms: int = 0
    rotations_on_demand: int = 0
    rotating_ms: int = 0

    @property
    def arn(self) -> str:
        """The key's ARN."""
        return f"arn:aws:kms:{self.region}:{self.account}:key/{self.id}"

    @property
    def abilities(self) -> Spec:
        """What the key's spec is good for."""
        return SPECS[self.spec]

    @property
    def is_rotated_automatically(self) -> bool:
        """Whether the key gets new material by itself."""
        return self.rotation_days > 0

    @property
    def regions(self) -> list[str]:
        """The Regions of a multi-Region key and its relatives, the primary's first; else its own."""
        return [self.primary_region, *self.replica_regions] if self.region_type else [self.region]


class Material(msgspec.Struct):
    """One generation of a key's material; `secret` is empty while it is not imported.

    `secret` is the key itself where it is symmetric, else the private key as PKCS #8 in DER.
    `stage` is CURRENT, NON_CURRENT, PENDING_ROTATION or PENDING_MULTI_REGION_IMPORT_AND_ROTATION.
    """

    id: str
    key: str
    secret: bytes
    created_ms: int
    stage: str = "CURRENT"
    rotated_ms: int = 0
    rotation_type: str = ""
    description: str = ""
    valid_to_ms: int = 0
    number: int = 0

    @property
    def row(self) -> str:
        """The key of the material's row."""
        return f"{self.key}/{self.id}"


class Alias(msgspec.Struct):
    """Another name of a key."""

    name: str
    key: str
    created_ms: int
    updated_ms: int


class Grant(msgspec.Struct):
    """A permission beside the key policy."""

    id: str
    key: str
    grantee: str
    operations: list[str]
    created_ms: int
    issuing_account: str
    retiring: str = ""
    name: str = ""
    subset: dict[str, str] | None = None
    equals: dict[str, str] | None = None


class Usage(msgspec.Struct):
    """The last use of a key in a cryptographic operation that succeeded."""

    operation: str
    at_ms: int
    request_id: str


class Wrapping(msgspec.Struct):
    """An import token: the private key that unwraps what is wrapped for it, until it expires."""

    key: str
    algorithm: str
    private: bytes
    valid_to_ms: int


class KmsState(State):
    """Everything of KMS in an account and region; key material is in these rows and nowhere else."""

    keys = table(Key)
    materials = table(Material)
    aliases = table(Alias)
    grants = table(Grant)
    usages = table(Usage)
    wrappings = table(Wrapping)

    def opened(self) -> None:
        """Index the rows; policies, ciphers and grants are compiled when first used."""
        self.materials_of: dict[str, dict[str, Material]] = {}
        self.aliases_of: dict[str, dict[str, None]] = {}
        self.grants_of: dict[str, dict[str, Grant]] = {}
        self.grants_to: dict[tuple[str, str], dict[str, Grant]] = {}
        self.grant_policies: dict[str, Held] = {}
        self.latest_use: dict[str, Usage] = {}
        self._policies: dict[str, Held] = {}
        self._resources: dict[str, Resource] = {}
        self._locks: dict[bytes, Lock] = {}
        self._current: dict[str, Lock] = {}
        self.loaded: dict[str, object] = {}
        for material in self.materials.values():
            self.materials_of.setdefault(material.key, {})[material.id] = material
        for alias in self.aliases.values():
            self.aliases_of.setdefault(alias.key, {})[alias.name] = None
        for grant in self.grants.values():
            self._index(grant)

    # --- policies

    def policy_of(self, key: Key) -> Held:
        """The key's policy, compiled; the same object as long as it is not changed."""
        found = self._policies.get(key.id)
        if found is None:
            found = self._policies[key.id] = Held(key.arn, "resource", parse(key.policy, "resource"))
        return found

    def resource_of(self, key: Key) -> Resource:
        """The key as authorization sees it, without its grants."""
        found = self._resources.get(key.id)
        if found is None:
            found = Resource(key.arn, key.account, self.policy_of(key), key.tags, must_delegate=True)
            self._resources[key.id] = found
        return found

    def set_policy(self, key: Key, text: str) -> None:
        """Replace the key's policy."""
        key.policy = text
        self._policies.pop(key.id, None)
        self.changed(key)

    def changed(self, key: Key) -> None:
        """Have a changed key written."""
        self._resources.pop(key.id, None)
        self.keys.touch(key.id)

    # --- material

    def add(self, key: Key, *materials: Material) -> None:
        """Take in a new key."""
        self.keys.put(key.id, key)
        for material in materials:
            self.add_material(material)

    def add_material(self, material: Material) -> None:
        """Take in key material."""
        held = self.materials_of.setdefault(material.key, {})
        material.number = len(held)
        held[material.id] = material
        self.materials.put(material.row, material)

    def remove_material(self, key: Key, material_id: str) -> None:
        """Forget key material that nothing was encrypted under."""
        material = self.materials_of.get(key.id, {}).pop(material_id, None)
        if material is not None:
            self.materials.delete(material.row)
            self.forget_ciphers(key.id)

    def material_changed(self, material: Material) -> None:
        """Have changed material written; ciphers are made anew."""
        self.materials.touch(material.row)
        self.forget_ciphers(material.key)

    def forget_ciphers(self, key_id: str) -> None:
        """Forget what was compiled from a key's material."""
        self._current.pop(key_id, None)
        self.loaded.pop(key_id, None)
        for at in [at for at, found in self._locks.items() if found.key_id == key_id]:
            del self._locks[at]

    def current(self, key: Key) -> Material | None:
        """The material that new ciphertexts are made with."""
        return self.materials_of.get(key.id, {}).get(key.material)

    def current_lock(self, key: Key) -> Lock:
        """What encrypts under a symmetric key now; its material is there."""
        found = self._current.get(key.id)
        if found is None:
            material = self.materials_of[key.id][key.material]
            found = self._current[key.id] = self._locked(key, material)
        return found

    def lock_at(self, at: bytes, key: Key, material_id: str) -> Lock | None:
        """What decrypts a ciphertext with that header, if its material is there."""
        found = self._locks.get(at)
        if found is None:
            material = self.materials_of.get(key.id, {}).get(material_id)
            if material is None or not material.secret:
                return None
            found = self._locked(key, material)
        return found

    def _locked(self, key: Key, material: Material) -> Lock:
        at = header(key.account, key.id, material.id)
        found = self._locks[at] = lock(at, key.id, material.id, material.secret)
        return found

    # --- aliases and grants

    def add_alias(self, alias: Alias) -> None:
        """Take in an alias, or point it elsewhere."""
        before = self.aliases.get(alias.name)
        if before is not None:
            self.aliases_of.get(before.key, {}).pop(alias.name, None)
        self.aliases_of.setdefault(alias.key, {})[alias.name] = None
        self.aliases.put(alias.name, alias)

    def remove_alias(self, name: str) -> None:
        """Forget an alias."""
        gone = self.aliases.delete(name)
        self.aliases_of.get(gone.key, {}).pop(name, None)

    def add_grant(self, grant: Grant) -> None:
        """Take in a grant."""
        self._index(grant)
        self.grants.put(grant.id, grant)

    def _index(self, grant: Grant) -> None:
        self.grants_of.setdefault(grant.key, {})[grant.id] = grant
        self.grants_to.setdefault((grant.key, grant.grantee), {})[grant.id] = grant

    def remove_grant(self, grant: Grant) -> None:
        """Forget a grant."""
        self.grants.delete(grant.id)
        self.grants_of.get(grant.key, {}).pop(grant.id, None)
        self.grants_to.get((grant.key, grant.grantee), {}).pop(grant.id, None)
        self.grant_policies.pop(grant.id, None)

    # --- the end

    def remove(self, key: Key) -> None:
        """Delete a key with its material, aliases and grants."""
        for name in list(self.aliases_of.pop(key.id, {})):
            self.aliases.delete(name)
        for grant in list(self.grants_of.pop(key.id, {}).values()):
            self.remove_grant(grant)
        for material in self.materials_of.pop(key.id, {}).values():
            self.materials.delete(material.row)
        for token in [token for token, wrapping in self.wrappings.items() if wrapping.key == key.id]:
            self.wrappings.delete(token)
        if key.id in self.usages:
            self.usages.delete(key.id)
        self.latest_use.pop(key.id, None)
        self.forget_ciphers(key.id)
        self._policies.pop(key.id, None)
        self._resources.pop(key.id, None)
        self.keys.delete(key.id)
