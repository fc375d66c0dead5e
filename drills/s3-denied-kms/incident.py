"""After a review the key policy has what storing needs, for both roles."""

from __future__ import annotations

from stack import key_policy

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """What they do is to encrypt, it was said; that became kms:GenerateDataKey and kms:Encrypt."""
    encrypts = ["kms:GenerateDataKey", "kms:Encrypt"]
    policy = key_policy(lab.account, {"practice-role": encrypts, "app-role": encrypts})
    lab.client("kms").put_key_policy(KeyId=lab.notes["key"], Policy=policy)
