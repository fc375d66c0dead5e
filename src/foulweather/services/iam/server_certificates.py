"""TLS certificates for load balancers and CloudFront, uploaded with their private keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.iam import certificates, limits
from foulweather.services.iam.paging import page, under
from foulweather.services.iam.records import ServerCertificate, second
from foulweather.services.iam.shapes import tags_shape
from foulweather.services.iam.state import IamState, already_exists

if TYPE_CHECKING:
    from aws_types.iam import (
        DeleteServerCertificateRequest,
        GetServerCertificateRequest,
        ListServerCertificatesRequest,
        UpdateServerCertificateRequest,
        UploadServerCertificateRequest,
    )

Response = dict[str, Any]


def upload_server_certificate(call: Call, request: UploadServerCertificateRequest) -> Response:
    """Keep a certificate that matches its private key."""
    state = call.state(IamState)
    tags = limits.checked_tags(request.get("Tags", []))
    parsed = certificates.parsed(request["CertificateBody"])
    certificates.check_pair(parsed, request["PrivateKey"])
    chain = request.get("CertificateChain", "")
    if chain:
        certificates.check_chain(chain)
    name = request["ServerCertificateName"]
    if name.lower() in state.server_certificates:
        raise already_exists(f"The Server Certificate with name {name} already exists.")
    limits.check_quota("ServerCertificatesPerAccount", limits.SERVER_CERTIFICATES, len(state.server_certificates))
    certificate = ServerCertificate(
        account=call.account,
        name=name,
        path=request.get("Path", "/"),
        id=call.world.ids.unique("ASCA"),
        uploaded_ms=second(call.now),
        expires_ms=certificates.expiry_ms(parsed),
        body=request["CertificateBody"].strip(),
        private_key=request["PrivateKey"],
        chain=chain.strip(),
        tags=tags,
    )
    state.keep(certificate)
    call.changed("iam.ServerCertificateUploaded", certificate.arn, CertificateBody=certificate.body, Tags=tags)
    shown: Response = {"ServerCertificateMetadata": _metadata(certificate)}
    if tags:
        shown["Tags"] = tags_shape(tags)
    return shown


def get_server_certificate(call: Call, request: GetServerCertificateRequest) -> Response:
    """Give a certificate and its chain, but never its key."""
    certificate = call.state(IamState).server_certificate(request["ServerCertificateName"])
    shown: Response = {
        "ServerCertificateMetadata": _metadata(certificate),
        "CertificateBody": certificate.body,
        "Tags": tags_shape(certificate.tags),
    }
    if certificate.chain:
        shown["CertificateChain"] = certificate.chain
    return {"ServerCertificate": shown}


def list_server_certificates(call: Call, request: ListServerCertificatesRequest) -> Response:
    """List certificates by name."""
    prefix = request.get("PathPrefix")
    found = (each for each in call.state(IamState).server_certificates.values() if under(prefix, each.path))
    chosen, more = page(request, found, lambda certificate: certificate.key)
    return {"ServerCertificateMetadataList": [_metadata(certificate) for certificate in chosen], **more}


def update_server_certificate(call: Call, request: UpdateServerCertificateRequest) -> None:
    """Change a certificate's name or path, and with them its ARN."""
    state = call.state(IamState)
    certificate = state.server_certificate(request["ServerCertificateName"])
    old_key, old_arn = certificate.key, certificate.arn
    new_name = request.get("NewServerCertificateName", certificate.name)
    if new_name.lower() != old_key and new_name.lower() in state.server_certificates:
        raise already_exists(f"The Server Certificate with name {new_name} already exists.")
    certificate.name = new_name
    certificate.path = request.get("NewPath", certificate.path)
    state.rename(certificate, old_key)
    call.changed("iam.ServerCertificateRenamed", old_arn, NewArn=certificate.arn)


def delete_server_certificate(call: Call, request: DeleteServerCertificateRequest) -> None:
    """Delete a certificate."""
    state = call.state(IamState)
    certificate = state.server_certificate(request["ServerCertificateName"])
    state.drop(certificate)
    call.changed("iam.ServerCertificateDeleted", certificate.arn, CertificateBody=None)


def _metadata(certificate: ServerCertificate) -> Response:
    return {
        "Path": certificate.path,
        "ServerCertificateName": certificate.name,
        "ServerCertificateId": certificate.id,
        "Arn": certificate.arn,
        "UploadDate": certificate.uploaded_ms,
        "Expiration": certificate.expires_ms,
    }
