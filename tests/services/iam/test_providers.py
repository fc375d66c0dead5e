from __future__ import annotations

import pytest

from services.iam.calls import Iam
from services.iam.certificates import pair
from services.iam.providers import METADATA

ARN = "arn:aws:iam::111122223333:saml-provider/corp"
ISSUER = "arn:aws:iam::111122223333:oidc-provider/id.example.com/realm"


def test_a_saml_provider(iam: Iam) -> None:
    assert iam.create_saml_provider(Name="corp", SAMLMetadataDocument=METADATA) == {"SAMLProviderArn": ARN}
    shown = iam.get_saml_provider(SAMLProviderArn=ARN)
    assert shown["SAMLMetadataDocument"] == METADATA
    assert shown["ValidUntil"] == 1_893_456_000_000
    assert iam.list_saml_providers()["SAMLProviderList"] == [
        {"Arn": ARN, "ValidUntil": 1_893_456_000_000, "CreateDate": iam.aws.now}
    ]
    assert iam.refused("create_saml_provider", Name="corp", SAMLMetadataDocument=METADATA)[0] == "EntityAlreadyExists"
    changed = METADATA.replace("idp.example.com/sso", "idp.example.com/login")
    iam.update_saml_provider(SAMLProviderArn=ARN, SAMLMetadataDocument=changed)
    directory = iam.aws.pipeline.directory
    assert directory is not None
    held = directory.saml_provider(ARN)
    assert held is not None
    assert held.metadata == changed
    iam.delete_saml_provider(SAMLProviderArn=ARN)
    assert directory.saml_provider(ARN) is None
    assert iam.refused("get_saml_provider", SAMLProviderArn=ARN)[0] == "NoSuchEntity"


@pytest.mark.parametrize(
    "document",
    [
        "x" * 1000,
        METADATA.replace("IDPSSODescriptor", "SPSSODescriptor"),
        METADATA.replace('entityID="https://idp.example.com"', ""),
        METADATA.replace("</md:EntityDescriptor>", ""),
        METADATA.replace("<md:EntityDescriptor", '<!DOCTYPE x [<!ENTITY a "b">]><md:EntityDescriptor'),
    ],
)
def test_metadata_must_describe_an_identity_provider(iam: Iam, document: str) -> None:
    assert iam.refused("create_saml_provider", Name="corp", SAMLMetadataDocument=document) == (
        "InvalidInput",
        400,
        "Could not parse metadata",
    )


def test_keys_for_encrypted_assertions(iam: Iam) -> None:
    _, key = pair()
    assert (
        iam.refused(
            "create_saml_provider", Name="corp", SAMLMetadataDocument=METADATA, AssertionEncryptionMode="Required"
        )[0]
        == "InvalidInput"
    )
    iam.create_saml_provider(
        Name="corp", SAMLMetadataDocument=METADATA, AssertionEncryptionMode="Allowed", AddPrivateKey=key
    )
    shown = iam.get_saml_provider(SAMLProviderArn=ARN)
    assert shown["AssertionEncryptionMode"] == "Allowed"
    first = shown["PrivateKeyList"][0]["KeyId"]
    iam.update_saml_provider(SAMLProviderArn=ARN, AddPrivateKey=pair()[1])
    assert iam.refused("update_saml_provider", SAMLProviderArn=ARN, AddPrivateKey=pair()[1])[0] == "LimitExceeded"
    iam.update_saml_provider(SAMLProviderArn=ARN, RemovePrivateKey=first)
    assert len(iam.get_saml_provider(SAMLProviderArn=ARN)["PrivateKeyList"]) == 1


def test_an_openid_connect_provider(iam: Iam) -> None:
    made = iam.create_open_id_connect_provider(
        Url="https://id.example.com/realm", ClientIDList=["app"], ThumbprintList=["a" * 40]
    )
    assert made == {"OpenIDConnectProviderArn": ISSUER}
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=ISSUER) == {
        "Url": "id.example.com/realm",
        "ClientIDList": ["app"],
        "ThumbprintList": ["a" * 40],
        "CreateDate": iam.aws.now,
        "Tags": [],
    }
    assert iam.refused("create_open_id_connect_provider", Url="https://id.example.com/realm") == (
        "EntityAlreadyExists",
        409,
        "Provider with url https://id.example.com/realm already exists.",
    )
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=ISSUER, ClientID="web")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=ISSUER, ClientID="app")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=ISSUER, ClientID="app")
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=ISSUER, ThumbprintList=["b" * 40])
    directory = iam.aws.pipeline.directory
    assert directory is not None
    held = directory.web_provider("111122223333", "id.example.com/realm")
    assert held is not None
    assert (held.arn, held.client_ids) == (ISSUER, ("web",))
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == [{"Arn": ISSUER}]
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=ISSUER)
    assert directory.web_provider("111122223333", "id.example.com/realm") is None
    assert iam.refused("get_open_id_connect_provider", OpenIDConnectProviderArn=ISSUER) == (
        "NoSuchEntity",
        404,
        f"OpenIDConnect Provider not found for arn {ISSUER}",
    )


@pytest.mark.parametrize("url", ["http://id.example.com", "id.example.com", "https://id.example.com?x=1"])
def test_an_issuer_has_an_https_address(iam: Iam, url: str) -> None:
    assert iam.refused("create_open_id_connect_provider", Url=url) == (
        "ValidationError",
        400,
        "Invalid Open ID Connect Provider URL",
    )


def test_quotas_of_providers(iam: Iam) -> None:
    assert (
        iam.refused("create_open_id_connect_provider", Url="https://a.example", ThumbprintList=["a" * 40] * 6)[0]
        == "InvalidInput"
    )
    assert iam.refused(
        "create_open_id_connect_provider", Url="https://a.example", ClientIDList=[str(n) for n in range(101)]
    ) == ("LimitExceeded", 409, "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100")
