"""SAML responses: whose they are, and whether that is true.

IAM User Guide, "Configure SAML assertions for the authentication response" and "Troubleshoot SAML
federation with IAM", whose errors these are.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography import x509

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.sts import callers, xml_signature, xml_tree
from foulweather.services.sts.xml_signature import DSIG, NotVerified
from foulweather.services.sts.xml_tree import Element, Unreadable

if TYPE_CHECKING:
    from foulweather.kernel.call import Call

ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}"
PROTOCOL = "{urn:oasis:names:tc:SAML:2.0:protocol}"
METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
NAME_FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
AUDIENCE = "urn:amazon:webservices"
REDEEMED_WITHIN_MS = 5 * 60_000

_RECIPIENT = re.compile(r"https://(?:[a-z0-9-]+\.)?signin\.aws\.amazon\.com/saml(?:/acs/[\w+=,.@-]+)?")
_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


class SamlIdentity(msgspec.Struct, frozen=True):
    """Who a verified response speaks of; `claims` are condition keys, `ends_ms` 0 without an end."""

    provider: str
    issuer: str
    subject: str
    subject_type: str
    recipient: str
    name_qualifier: str
    session_name: str
    claims: dict[str, str | list[str]]
    tags: dict[str, str]
    transitive: tuple[str, ...]
    source_identity: str
    ends_ms: int


def verified(call: Call, request: Mapping[str, Any]) -> SamlIdentity:
    """The identity in a request's response, or the refusal: provider, signature, time, audience, role."""
    role = callers.named_role(call, request["RoleArn"])
    provider_arn: str = request["PrincipalArn"]
    directory = call.pipeline.directory
    provider = directory.saml_provider(provider_arn) if directory is not None else None
    if provider is None or f"::{role.account}:" not in provider_arn:
        raise _invalid(
            "Specified provider doesn't exist",
            Fact(provider_arn, "exists", provider is not None),
            Fact(role.arn, "account", role.account),
        )
    try:
        metadata = xml_tree.read(provider.metadata.encode())
    except Unreadable as error:
        raise _invalid("Could not parse metadata", Fact(provider_arn, "SAMLMetadataDocument", str(error))) from None
    assertion = _signed_assertion(_response(request["SAMLAssertion"]), metadata, provider_arn)
    issuer = _text(assertion, "Issuer")
    if issuer != metadata.attributes.get("entityID"):
        raise _invalid(
            "Issuer not present in specified provider",
            Fact("response", "Issuer", issuer),
            call.fact(provider_arn, "SAMLMetadataDocument", metadata.attributes.get("entityID")),
        )
    recipient = _confirmed_recipient(call, assertion)
    _check_conditions(call, assertion)
    attributes = _attributes(assertion)
    pairs = [{part.strip() for part in value.split(",")} for value in attributes.get("Role", ())]
    if {role.arn, provider_arn} not in pairs:
        raise AwsError(
            "AccessDenied",
            "Not authorized to perform sts:AssumeRoleWithSAML",
            403,
            facts=(Fact("response", f"attribute {ATTRIBUTES}Role", attributes.get("Role", [])),),
        )
    identity = _identity(assertion, attributes, provider_arn, issuer, recipient)
    if identity.ends_ms and call.now >= identity.ends_ms:
        raise _expired(call, "SessionNotOnOrAfter", identity.ends_ms)
    return identity


def _response(text: str) -> Element:
    try:
        response = xml_tree.read(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, Unreadable) as error:
        raise _invalid("Invalid base64 SAMLResponse", Fact("response", "readable", str(error))) from None
    if response.tag != f"{PROTOCOL}Response":
        raise _invalid("Invalid SAML response", Fact("response", "element", response.tag))
    status = response.only(f"{PROTOCOL}Status")
    code = status.only(f"{PROTOCOL}StatusCode") if status is not None else None
    if code is None or code.attributes.get("Value") != SUCCESS:
        value = code.attributes.get("Value") if code is not None else None
        raise AwsError(
            "IDPRejectedClaimException", "The identity provider reported that authentication failed", 403,
            facts=(Fact("response", "StatusCode", value),),
        )  # fmt: skip
    return response


def _signed_assertion(response: Element, metadata: Element, provider: str) -> Element:
    """The one assertion, if it or the response around it is signed with a key of the metadata."""
    if response.elements(f"{ASSERTION}EncryptedAssertion"):
        raise not_implemented("sts", "AssumeRoleWithSAML.SAMLAssertion.EncryptedAssertion")
    assertion = response.only(f"{ASSERTION}Assertion")
    if assertion is None:
        raise _invalid("Invalid SAML response", Fact("response", "assertions", "not one"))
    signed = assertion if xml_signature.signature_of(assertion) is not None else response
    try:
        xml_signature.verify(signed, _certificates(metadata))
    except NotVerified as error:
        raise _invalid(
            "Response signature invalid",
            Fact("response", "signature", str(error)),
            Fact(provider, "SAMLMetadataDocument", "holds the certificates that count"),
        ) from None
    return assertion


def _certificates(metadata: Element) -> list[x509.Certificate]:
    found: list[x509.Certificate] = []
    for descriptor in metadata.elements(f"{METADATA}IDPSSODescriptor"):
        for key in descriptor.elements(f"{METADATA}KeyDescriptor"):
            if key.attributes.get("use", "signing") != "signing":
                continue
            texts = [each.text for each in key.walk() if each.tag == f"{DSIG}X509Certificate"]
            for text in texts:
                try:
                    found.append(x509.load_der_x509_certificate(base64.b64decode("".join(text.split()))))
                except ValueError:
                    continue
    return found


def _confirmed_recipient(call: Call, assertion: Element) -> str:
    subject = assertion.only(f"{ASSERTION}Subject")
    confirmations = subject.elements(f"{ASSERTION}SubjectConfirmation") if subject is not None else []
    for confirmation in confirmations:
        data = confirmation.only(f"{ASSERTION}SubjectConfirmationData")
        if confirmation.attributes.get("Method") != BEARER or data is None:
            continue
        recipient = data.attributes.get("Recipient", "")
        if _RECIPIENT.fullmatch(recipient):
            until = _ms(data, "NotOnOrAfter")
            if until and call.now >= until:
                raise _expired(call, "SubjectConfirmationData NotOnOrAfter", until)
            return recipient
    raise _invalid("Response does not contain a bearer SubjectConfirmation with a valid Recipient")


def _check_conditions(call: Call, assertion: Element) -> None:
    issued = _ms(assertion, "IssueInstant")
    if call.now >= issued + REDEEMED_WITHIN_MS:
        raise _expired(call, "IssueInstant", issued)
    conditions = assertion.only(f"{ASSERTION}Conditions")
    if conditions is None:
        raise _invalid("Response does not contain the required audience")
    until = _ms(conditions, "NotOnOrAfter")
    if until and call.now >= until:
        raise _expired(call, "Conditions NotOnOrAfter", until)
    begins = _ms(conditions, "NotBefore")
    if call.now < begins:
        raise _invalid(
            "Response is not valid yet", Fact("response", "NotBefore", begins), Fact("world", "now", call.now)
        )
    audiences = [
        audience.text
        for restriction in conditions.elements(f"{ASSERTION}AudienceRestriction")
        for audience in restriction.elements(f"{ASSERTION}Audience")
    ]
    if not any(each == AUDIENCE or _RECIPIENT.fullmatch(each) for each in audiences):
        raise _invalid("Response does not contain the required audience", Fact("response", "Audience", audiences))


def _attributes(assertion: Element) -> dict[str, list[str]]:
    """AWS's attributes by the last part of their name."""
    found: dict[str, list[str]] = {}
    for statement in assertion.elements(f"{ASSERTION}AttributeStatement"):
        for attribute in statement.elements(f"{ASSERTION}Attribute"):
            name = attribute.attributes.get("Name", "")
            if name.startswith(ATTRIBUTES):
                values = [each.text for each in attribute.elements(f"{ASSERTION}AttributeValue")]
                found.setdefault(name.removeprefix(ATTRIBUTES), []).extend(values)
    return found


def _identity(
    assertion: Element, attributes: dict[str, list[str]], provider: str, issuer: str, recipient: str
) -> SamlIdentity:
    session_name = next(iter(attributes.get("RoleSessionName", ())), "")
    if not session_name:
        raise _invalid("RoleSessionName is required in AuthnResponse")
    if _NAME.fullmatch(session_name) is None:
        raise _invalid("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    source_identity = next(iter(attributes.get("SourceIdentity", ())), "")
    if source_identity and (_NAME.fullmatch(source_identity) is None or source_identity.startswith("aws:")):
        raise _invalid('Source Identity in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"')
    subject = assertion.only(f"{ASSERTION}Subject")
    name_id = subject.only(f"{ASSERTION}NameID") if subject is not None else None
    if name_id is None or not name_id.text:
        raise _invalid("NameID is required in AuthnResponse")
    account, _, path = provider.removeprefix("arn:aws:iam::").partition(":")
    doc = f"{account}/{path.removeprefix('saml-provider/')}"
    # AssumeRoleWithSAML, NameQualifier: the hash of "the concatenation of the Issuer response value … The AWS
    # account ID … The friendly name".
    hashed = hashlib.sha1(f"{issuer}{doc}".encode(), usedforsecurity=False).digest()
    qualifier = base64.b64encode(hashed).decode()
    subject_type = name_id.attributes.get("Format", "").removeprefix(NAME_FORMAT)
    ends = [_ms(each, "SessionNotOnOrAfter") for each in assertion.elements(f"{ASSERTION}AuthnStatement")]
    tag = "PrincipalTag:"
    return SamlIdentity(
        provider=provider,
        issuer=issuer,
        subject=name_id.text,
        subject_type=subject_type,
        recipient=recipient,
        name_qualifier=qualifier,
        session_name=session_name,
        claims={
            "saml:aud": recipient,
            "saml:iss": issuer,
            "saml:sub": name_id.text,
            "saml:sub_type": subject_type,
            "saml:namequalifier": qualifier,
            "saml:doc": doc,
        },
        tags={
            name.removeprefix(tag): values[0] for name, values in attributes.items() if name.startswith(tag) and values
        },
        transitive=tuple(attributes.get("TransitiveTagKeys", ())),
        source_identity=source_identity,
        ends_ms=min((end for end in ends if end), default=0),
    )


def _text(element: Element, name: str) -> str:
    found = element.only(f"{ASSERTION}{name}")
    return found.text if found is not None else ""


def _ms(element: Element, attribute: str) -> int:
    """A time in milliseconds, 0 without one."""
    text = element.attributes.get(attribute)
    if text is None:
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _invalid("Invalid SAML response", Fact("response", attribute, text)) from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1000


def _expired(call: Call, what: str, at_ms: int) -> AwsError:
    return AwsError(
        "ExpiredTokenException",
        "Token must be redeemed within 5 minutes of issuance",
        facts=(Fact("response", what, at_ms), Fact("world", "now", call.now)),
    )


def _invalid(message: str, *facts: Fact) -> AwsError:
    return AwsError("InvalidIdentityTokenException", message, facts=facts)
