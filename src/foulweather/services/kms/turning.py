"""Giving a key new material; what was encrypted under the old one still opens."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.kms.relatives import family
from foulweather.services.kms.state import Key, KmsState, Material


def turn(call: Call, state: KmsState, key: Key, rotation_type: str) -> bool:
    """Make new material current, in every Region of the key; False where imported material has no successor."""
    if key.origin == "EXTERNAL":
        successor = pending_material(state, key)
        if successor is None:
            return False
        material_id, secret = successor.id, b""
    else:
        material_id, secret = call.world.ids.hex(64), call.world.random.randbytes(key.abilities.size)
    for place, relative in family(call, key):
        _turn_one(call, place, relative, material_id, secret, rotation_type)
    call.changed("kms.KeyRotated", key.arn, CurrentKeyMaterialId=material_id, RotationType=rotation_type)
    return True


def _turn_one(call: Call, state: KmsState, key: Key, material_id: str, secret: bytes, rotation_type: str) -> None:
    before = state.current(key)
    if before is not None:
        before.stage = "NON_CURRENT"
        state.material_changed(before)
    after = state.materials_of[key.id].get(material_id)
    if after is None:
        after = Material(material_id, key.id, secret, call.now, rotated_ms=call.now, rotation_type=rotation_type)
        state.add_material(after)
    else:
        after.stage, after.rotated_ms, after.rotation_type = "CURRENT", call.now, rotation_type
        state.material_changed(after)
    key.material = material_id
    state.forget_ciphers(key.id)
    state.changed(key)


def pending_material(state: KmsState, key: Key) -> Material | None:
    """Imported material that waits for its rotation."""
    held = state.materials_of.get(key.id, {}).values()
    return next((material for material in held if material.stage == "PENDING_ROTATION" and material.secret), None)
