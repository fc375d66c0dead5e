"""SSH public keys of users, for CodeCommit."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
    load_ssh_public_key,
)

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.iam import callers, limits
from foulweather.services.iam.paging import page
from foulweather.services.iam.records import SshKey, User, second
from foulweather.services.iam.state import IamState, no_such_entity

if TYPE_CHECKING:
    from aws_types.iam import (
        DeleteSSHPublicKeyRequest,
        GetSSHPublicKeyRequest,
        ListSSHPublicKeysRequest,
        UpdateSSHPublicKeyRequest,
        UploadSSHPublicKeyRequest,
    )

Response = dict[str, Any]


def upload_ssh_public_key(call: Call, request: UploadSSHPublicKeyRequest) -> Response:
    """Give a user an RSA public key of at least 2,048 bits."""
    state = call.state(IamState)
    user = state.user(request["UserName"])
    key = _parsed(request["SSHPublicKeyBody"])
    body = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    held = [each for each in state.ssh_keys.values() if each.user == user.id]
    if any(each.body.split()[1] == body.split()[1] for each in held):
        raise AwsError("DuplicateSSHPublicKeyException", "The SSH public key is already associated with the user.")
    limits.check_quota("SSHPublicKeysPerUser", limits.SSH_KEYS_PER_USER, len(held))
    row = SshKey(
        id=call.world.ids.unique("APKA"),
        user=user.id,
        body=body,
        fingerprint=_fingerprint(body),
        uploaded_ms=second(call.now),
    )
    state.keep(row)
    call.changed("iam.SSHPublicKeyUploaded", user.arn, SSHPublicKey=row.id)
    return {"SSHPublicKey": _shape(user, row, body)}


def get_ssh_public_key(call: Call, request: GetSSHPublicKeyRequest) -> Response:
    """Give a public key in OpenSSH's form or in PEM."""
    user = call.state(IamState).user(request["UserName"])
    row = _row(call, user, request["SSHPublicKeyId"])
    body = row.body
    if request["Encoding"] == "PEM":
        key = load_ssh_public_key(body.encode())
        body = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return {"SSHPublicKey": _shape(user, row, body)}


def list_ssh_public_keys(call: Call, request: ListSSHPublicKeysRequest) -> Response:
    """List the public keys of a user or the caller."""
    user = callers.user(call, request)
    found = (row for row in call.state(IamState).ssh_keys.values() if row.user == user.id)
    chosen, more = page(request, found, lambda row: f"{row.uploaded_ms:015d}{row.id}")
    return {
        "SSHPublicKeys": [
            {
                "UserName": user.name,
                "SSHPublicKeyId": row.id,
                "Status": "Active" if row.is_active else "Inactive",
                "UploadDate": row.uploaded_ms,
            }
            for row in chosen
        ],
        **more,
    }


def update_ssh_public_key(call: Call, request: UpdateSSHPublicKeyRequest) -> None:
    """Make a public key active, or not."""
    if request["Status"] == "Expired":
        raise limits.invalid_input("Status must be Active or Inactive.")
    user = call.state(IamState).user(request["UserName"])
    row = _row(call, user, request["SSHPublicKeyId"])
    row.is_active = request["Status"] == "Active"
    call.state(IamState).keep(row)
    call.changed("iam.SSHPublicKeyUpdated", user.arn, SSHPublicKey=request["Status"])


def delete_ssh_public_key(call: Call, request: DeleteSSHPublicKeyRequest) -> None:
    """Delete a public key."""
    user = call.state(IamState).user(request["UserName"])
    call.state(IamState).drop(_row(call, user, request["SSHPublicKeyId"]))
    call.changed("iam.SSHPublicKeyDeleted", user.arn, SSHPublicKey=None)


def _row(call: Call, user: User, key_id: str) -> SshKey:
    found = call.state(IamState).ssh_keys.get(key_id)
    if found is None or found.user != user.id:
        raise no_such_entity(f"The Public Key with id {key_id} cannot be found.")
    return found


def _parsed(body: str) -> RSAPublicKey:
    encoded = body.strip().encode()
    if not encoded.startswith((b"ssh-", b"ecdsa-", b"-----BEGIN")):
        raise AwsError("UnrecognizedPublicKeyEncodingException", "The public key encoding is not recognized.")
    try:
        load = load_pem_public_key if encoded.startswith(b"-----BEGIN") else load_ssh_public_key
        key = load(encoded)
    except (ValueError, UnsupportedAlgorithm):
        raise AwsError("InvalidPublicKeyException", "The public key is malformed or otherwise invalid.") from None
    if not isinstance(key, RSAPublicKey) or not 2048 <= key.key_size <= 16384:
        raise AwsError("InvalidPublicKeyException", "The public key is malformed or otherwise invalid.")
    return key


def _fingerprint(body: str) -> str:
    digest = hashlib.md5(base64.b64decode(body.split()[1]), usedforsecurity=False).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, 32, 2))


def _shape(user: User, row: SshKey, body: str) -> Response:
    return {
        "UserName": user.name,
        "SSHPublicKeyId": row.id,
        "Fingerprint": row.fingerprint,
        "SSHPublicKeyBody": body,
        "Status": "Active" if row.is_active else "Inactive",
        "UploadDate": row.uploaded_ms,
    }
