"""Imported key material that goes away, by itself or because it is deleted."""

from __future__ import annotations

from foulweather.services.kms.state import Key, KmsState, Material


def misses_material(state: KmsState, key: Key) -> bool:
    """Whether some material is not there that ciphertexts may have been made with."""
    used = ("CURRENT", "NON_CURRENT")
    return any(one.stage in used and not one.secret for one in state.materials_of.get(key.id, {}).values())


def forget(state: KmsState, key: Key, material: Material) -> None:
    """Take key material away; a key that may need it waits for its import."""
    material.secret = b""
    material.valid_to_ms = 0
    state.material_changed(material)
    if key.state in ("Enabled", "Disabled") and misses_material(state, key):
        key.state = "PendingImport"
        state.changed(key)
