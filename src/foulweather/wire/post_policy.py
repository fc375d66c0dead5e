"""Who signed the policy of a browser's upload form to S3.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
"""

from __future__ import annotations

import base64
import hmac

from foulweather.kernel.errors import AwsError
from foulweather.wire.proof import ALGORITHM, signing_key, split_credential


class PolicyProof:
    """The signature over a form's policy; whether the form keeps to the policy is S3's to check."""

    __slots__ = ("_scope", "access_key_id", "policy", "region", "signature", "token")

    def __init__(
        self, access_key_id: str, policy: str, signature: str, token: str, scope: tuple[str, str, str] | None
    ) -> None:
        self.access_key_id = access_key_id
        self.policy = policy
        self.signature = signature
        self.token = token
        self.region = scope[1] if scope is not None else ""
        self._scope = scope

    def matches(self, secret: str) -> bool:
        """Whether the policy was signed with this secret access key."""
        text = self.policy.encode()
        if self._scope is None:
            expected = base64.b64encode(hmac.digest(secret.encode(), text, "sha1")).decode()
        else:
            expected = hmac.digest(signing_key(secret, *self._scope), text, "sha256").hex()
        return hmac.compare_digest(expected.encode(), self.signature.encode())


def read_policy_proof(fields: dict[str, str]) -> PolicyProof | None:
    """The proof in a form's fields (by lower-case name), None for an anonymous upload; either version."""
    policy = fields.get("policy", "")
    if not policy:
        return None
    token = fields.get("x-amz-security-token", "")
    if "awsaccesskeyid" in fields:
        return PolicyProof(fields["awsaccesskeyid"], policy, _needed(fields, "signature"), token, None)
    if _needed(fields, "x-amz-algorithm") != ALGORITHM:
        raise _malformed("X-Amz-Algorithm", fields["x-amz-algorithm"])
    credential = _needed(fields, "x-amz-credential")
    try:
        access_key_id, _, scope = split_credential(ALGORITHM, credential)
    except ValueError:
        raise _malformed("X-Amz-Credential", credential) from None
    return PolicyProof(access_key_id, policy, _needed(fields, "x-amz-signature"), token, scope)


def _needed(fields: dict[str, str], name: str) -> str:
    value = fields.get(name, "")
    if not value:
        message = (
            f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of "
            "the fields."
        )
        members = {"ArgumentName": name, "ArgumentValue": ""}
        raise AwsError("InvalidArgument", message, 400, members=members)
    return value


def _malformed(name: str, value: str) -> AwsError:
    members = {"ArgumentName": name, "ArgumentValue": value}
    return AwsError("InvalidArgument", f"Invalid value for the field {name}.", 400, members=members)
