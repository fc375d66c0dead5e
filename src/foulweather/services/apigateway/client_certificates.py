"""Client certificates, which API Gateway shows to the backends of a stage.

https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, limits, paging, patches, refusals
from foulweather.services.apigateway.patches import sets
from foulweather.services.apigateway.records import shown
from foulweather.services.apigateway.region_records import ClientCertificate
from foulweather.services.apigateway.state import RestState

Request = Mapping[str, Any]
_KEY_BITS: Final = 2_048
# "A certificate is valid for 365 days".
_VALID_MS: Final = 365 * 86_400_000


def generate_client_certificate(call: Call, request: Request) -> dict[str, Any]:
    """Make a self-signed certificate with a key of its own."""
    tags = limits.checked_tags(request.get("tags"))
    state = call.state(RestState)
    most = limits.CERTIFICATES_MAX
    if len(state.certificates) >= most:
        raise refusals.too_many("client certificates", "account", call.account, most)
    certificate_id = finding.new_id(call)
    certificate, private = _made(call.now, call.now + _VALID_MS, int(call.world.ids.hex(16), 16) or 1)
    made = ClientCertificate(
        client_certificate_id=certificate_id,
        pem_encoded_certificate=certificate,
        private_key=private,
        created_date=call.now,
        expiration_date=call.now + _VALID_MS,
        description=request.get("description"),
        tags=tags,
    )
    state.certificates.put(certificate_id, made)
    finding.changed(call, "ClientCertificateGenerated", f"/clientcertificates/{certificate_id}", made)
    return _told(made)


def get_client_certificate(call: Call, request: Request) -> dict[str, Any]:
    """A certificate, without its key."""
    return _told(_found(call, request)[1])


def get_client_certificates(call: Call, request: Request) -> dict[str, Any]:
    """The account's certificates."""
    found, more = paging.page(list(call.state(RestState).certificates.values()), request)
    return {"items": [_told(certificate) for certificate in found], **more}


def update_client_certificate(call: Call, request: Request) -> dict[str, Any]:
    """Change a certificate's description."""
    state, certificate = _found(call, request)
    made = patches.patched(call, certificate, request, (sets("/description", "description"),))
    state.certificates.put(made.client_certificate_id, made)
    path = f"/clientcertificates/{made.client_certificate_id}"
    finding.changed(call, "ClientCertificateUpdated", path, made, patches.touched(request))
    return _told(made)


def delete_client_certificate(call: Call, request: Request) -> None:
    """Delete a certificate that no stage shows."""
    state, certificate = _found(call, request)
    for stage in state.stages.values():
        if stage.client_certificate_id == certificate.client_certificate_id:
            raise refusals.invalid(
                "Client certificate is in use by a stage and cannot be deleted", stageName=stage.stage_name
            )
    state.certificates.delete(certificate.client_certificate_id)
    finding.changed(call, "ClientCertificateDeleted", f"/clientcertificates/{certificate.client_certificate_id}")


def _made(from_ms: int, until_ms: int, serial: int) -> tuple[str, str]:
    """A certificate and its key in PEM; the key comes from the machine's randomness, and is in no journal."""
    from cryptography import x509  # here, for it is not needed before the first certificate
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    private = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ApiGateway")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(serial)
        .not_valid_before(datetime.fromtimestamp(from_ms // 1000, UTC))
        .not_valid_after(datetime.fromtimestamp(until_ms // 1000, UTC))
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key = private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return built.public_bytes(pem).decode(), key.decode()


def _found(call: Call, request: Request) -> tuple[RestState, ClientCertificate]:
    state, certificate_id = call.state(RestState), request["clientCertificateId"]
    found = state.certificates.get(certificate_id)
    if found is None:
        path = finding.arn(call, f"/clientcertificates/{certificate_id}")
        raise refusals.missing("Invalid Client Certificate identifier specified", path)
    return state, found


def _told(certificate: ClientCertificate) -> dict[str, Any]:
    return shown(certificate, "privateKey")
