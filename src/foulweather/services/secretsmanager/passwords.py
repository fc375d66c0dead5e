"""Passwords out of the world's randomness."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.secretsmanager import refusals

LENGTH_DEFAULT = 32


def get_random_password(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """A random password of the types of characters that are not left out."""
    length = request.get("PasswordLength", LENGTH_DEFAULT)
    without = set(request.get("ExcludeCharacters", ""))
    kinds = [
        "".join(each for each in kind if each not in without)
        for kind, is_out in (
            (string.ascii_lowercase, request.get("ExcludeLowercase")),
            (string.ascii_uppercase, request.get("ExcludeUppercase")),
            (string.digits, request.get("ExcludeNumbers")),
            (string.punctuation, request.get("ExcludePunctuation")),
            (" ", not request.get("IncludeSpace")),
        )
        if not is_out
    ]
    kinds = [kind for kind in kinds if kind]
    if not kinds:
        raise refusals.invalid_parameter(
            "The password can't be generated, because every character is excluded.", ExcludeCharacters=len(without)
        )
    # "If you don't include this switch, the password contains at least one of every character type."
    each = kinds if request.get("RequireEachIncludedType", True) else []
    if len(each) > length:
        raise refusals.invalid_parameter(
            "The password length is shorter than the number of required character types.", PasswordLength=length
        )
    random = call.world.random
    drawn = [random.choice(kind) for kind in each]
    drawn += random.choices("".join(kinds), k=length - len(drawn))
    random.shuffle(drawn)
    return {"RandomPassword": "".join(drawn)}
