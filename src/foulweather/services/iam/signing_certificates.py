"""X.509 signing certificates of users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.policy import principal as principals
from foulweather.services.iam import callers, certificates, limits
from foulweather.services.iam.paging import page
from foulweather.services.iam.records import SigningCertificate, second
from foulweather.services.iam.state import IamState, no_such_entity
from foulweather.world.ids import BASE32

if TYPE_CHECKING:
    from aws_types.iam import (
        DeleteSigningCertificateRequest,
        ListSigningCertificatesRequest,
        UpdateSigningCertificateRequest,
        UploadSigningCertificateRequest,
    )

Response = dict[str, Any]


def upload_signing_certificate(call: Call, request: UploadSigningCertificateRequest) -> Response:
    """Give a user or the caller a certificate, which nobody may have yet."""
    state = call.state(IamState)
    owner = callers.owner_id(call, request)
    parsed = certificates.parsed(request["CertificateBody"])
    if not certificates.start_ms(parsed) <= call.now < certificates.expiry_ms(parsed):
        raise AwsError("InvalidCertificateException", "The certificate is expired or not yet valid.")
    fingerprint = certificates.fingerprint(parsed)
    if any(each.fingerprint == fingerprint for each in state.signing_certificates.values()):
        raise AwsError("DuplicateCertificateException", "The same certificate is already associated with a user.", 409)
    held = sum(each.user == owner for each in state.signing_certificates.values())
    limits.check_quota("SigningCertificatesPerUser", limits.SIGNING_CERTIFICATES_PER_USER, held)
    certificate = SigningCertificate(
        id=call.world.ids.drawn(BASE32, 32),
        user=owner,
        body=request["CertificateBody"],
        fingerprint=fingerprint,
        uploaded_ms=second(call.now),
    )
    state.keep(certificate)
    call.changed("iam.SigningCertificateUploaded", _owner(call, certificate), SigningCertificate=certificate.id)
    return {"Certificate": _shape(state, certificate)}


def list_signing_certificates(call: Call, request: ListSigningCertificatesRequest) -> Response:
    """List the certificates of a user or the caller."""
    state, owner = call.state(IamState), callers.owner_id(call, request)
    found = (each for each in state.signing_certificates.values() if each.user == owner)
    chosen, more = page(request, found, lambda certificate: f"{certificate.uploaded_ms:015d}{certificate.id}")
    return {"Certificates": [_shape(state, certificate) for certificate in chosen], **more}


def update_signing_certificate(call: Call, request: UpdateSigningCertificateRequest) -> None:
    """Make a certificate active, or not."""
    if request["Status"] == "Expired":
        raise limits.invalid_input("Status must be Active or Inactive.")
    state = call.state(IamState)
    certificate = _certificate(call, request)
    certificate.is_active = request["Status"] == "Active"
    state.keep(certificate)
    call.changed("iam.SigningCertificateUpdated", _owner(call, certificate), SigningCertificate=request["Status"])


def delete_signing_certificate(call: Call, request: DeleteSigningCertificateRequest) -> None:
    """Delete a certificate."""
    certificate = _certificate(call, request)
    call.state(IamState).drop(certificate)
    call.changed("iam.SigningCertificateDeleted", _owner(call, certificate), SigningCertificate=None)


def _certificate(call: Call, request: Mapping[str, Any]) -> SigningCertificate:
    owner = callers.owner_id(call, request)
    found = call.state(IamState).signing_certificates.get(request["CertificateId"])
    if found is None or found.user != owner:
        raise no_such_entity(f"The Certificate with id {request['CertificateId']} cannot be found.")
    return found


def _owner(call: Call, certificate: SigningCertificate) -> str:
    if not certificate.user:
        return principals.root(call.account).arn
    return callers.user_with_id(call.state(IamState), certificate.user).arn


def _shape(state: IamState, certificate: SigningCertificate) -> Response:
    return {
        **callers.name_of(state, certificate.user),
        "CertificateId": certificate.id,
        "CertificateBody": certificate.body,
        "Status": "Active" if certificate.is_active else "Inactive",
        "UploadDate": certificate.uploaded_ms,
    }
