"""Users of another pool sign in: by the real code flow between two domains of one world."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urljoin

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws, new_aws
from services.cognito_idp.hosted.browsing import CALLBACK, OAUTH, Browser, Page, Site, new_site
from services.cognito_idp.signing import PASSWORD, claims, new_pool, refused

BACK = "https://shop.auth.us-east-1.amazoncognito.com/oauth2/idpresponse"
MAPPING = {"email": "email", "email_verified": "email_verified", "nickname": "username"}


class Corporate:
    """A site whose users are those of another pool, `corp`."""

    def __init__(self, site: Site, corp: Any, sub: str) -> None:
        self.site = site
        self.corp = corp
        self.sub = sub
        self.where = {"UserPoolId": site.pool.id}

    async def visit(self, name: str = "cora", browser: Browser | None = None, **params: str) -> Page:
        """Sign in at the other pool, and come back as far as this world goes."""
        browser = browser or self.site.browser()
        page = await browser.open(self.site.authorize(**params))
        return await browser.follow(await browser.submit(page, username=name, password=PASSWORD))

    async def tokens(self, name: str = "cora") -> dict[str, Any]:
        page = await self.visit(name)
        assert "code" in page.query, page.location
        return (await self.site.redeem(page.query["code"])).told

    def user(self, name: str) -> dict[str, str]:
        found = self.site.pool.idp.admin_get_user({**self.where, "Username": name})
        return {each["Name"]: each["Value"] for each in found["UserAttributes"]} | {"status": found["UserStatus"]}


async def new_corporate(
    aws: Aws, *, secret: bool = True, mapping: dict[str, str] | None = None, **members: Any
) -> Corporate:
    corp = await new_pool(
        aws, {**OAUTH, "CallbackURLs": [BACK], "GenerateSecret": secret, "AllowedOAuthScopes": ["openid", "email"]}
    )
    corp.idp.create_user_pool_domain({"Domain": "corp", "UserPoolId": corp.id})
    sub = await corp.user("cora", email="cora@corp.example", email_verified="true")
    site = await new_site(aws, **members)
    client = corp.idp.describe_user_pool_client({"UserPoolId": corp.id, "ClientId": corp.client})["UserPoolClient"]
    details = {
        "client_id": corp.client,
        "attributes_request_method": "GET",
        "oidc_issuer": f"https://cognito-idp.us-east-1.amazonaws.com/{corp.id}",
        "authorize_scopes": "openid email",
        **({"client_secret": client["ClientSecret"]} if secret else {}),
    }
    where = {"UserPoolId": site.pool.id}
    site.pool.idp.create_identity_provider(
        {
            **where,
            "ProviderName": "Corp",
            "ProviderType": "OIDC",
            "ProviderDetails": details,
            "AttributeMapping": MAPPING if mapping is None else mapping,
            "IdpIdentifiers": ["corp.example"],
        }
    )
    site.pool.idp.update_user_pool_client(
        {**where, "ClientId": site.pool.client, **OAUTH, "SupportedIdentityProviders": ["Corp"]}
    )
    return Corporate(site, corp, sub)


@pytest.fixture
async def corporate(aws: Aws) -> Corporate:
    return await new_corporate(aws)


async def test_a_user_of_another_pool_signs_in_and_is_one_of_this_pool(corporate: Corporate) -> None:
    tokens = await corporate.tokens()
    identity = claims(tokens["id_token"])
    assert identity["identities"][0]["userId"] == corporate.sub
    name = f"Corp_{corporate.sub}"
    assert identity["cognito:username"] == name
    assert identity["email"] == "cora@corp.example"
    assert identity["identities"][0]["dateCreated"] == str(corporate.site.aws.now)
    assert identity["cognito:groups"] == [f"{corporate.site.pool.id}_Corp"]
    user = corporate.user(name)
    assert (user["status"], user["nickname"], user["email_verified"]) == ("EXTERNAL_PROVIDER", "cora", "true")
    again = claims((await corporate.tokens())["id_token"])
    assert again["sub"] == identity["sub"]
    events = corporate.site.aws.events("cognito.Federation")
    assert [(event.facts["provider"], event.facts["success"]) for event in events] == [("Corp", 1)] * 2


async def test_attributes_are_as_the_provider_tells_them_now(corporate: Corporate) -> None:
    first = claims((await corporate.tokens())["id_token"])
    await corporate.corp.idp.admin_update_user_attributes(
        {
            "UserPoolId": corporate.corp.id,
            "Username": "cora",
            "UserAttributes": [{"Name": "email", "Value": "new@corp.example"}],
        }
    )
    assert claims((await corporate.tokens())["id_token"])["email"] == "new@corp.example"
    assert first["email"] == "cora@corp.example"


async def test_a_provider_with_a_public_client_works_too(aws: Aws) -> None:
    corporate = await new_corporate(aws, secret=False)
    assert "id_token" in await corporate.tokens()


async def test_a_provider_is_asked_for_by_its_identifier(corporate: Corporate) -> None:
    page = await corporate.visit(idp_identifier="corp.example")
    assert "code" in page.query
    page = await corporate.site.browser().get(corporate.site.authorize(idp_identifier="other.example"))
    assert page.status == 400


async def test_the_answer_counts_once_and_in_its_own_browser(corporate: Corporate) -> None:
    browser = corporate.site.browser()
    page = await browser.open(corporate.site.authorize())
    page = await browser.submit(page, username="cora", password=PASSWORD)
    response = urljoin(page.url, page.location)
    assert "/oauth2/idpresponse?" in response
    stranger = await corporate.site.browser().get(response)
    assert (stranger.status, stranger.alert) == (400, "The sign-in began in another browser.")
    assert "code" in (await browser.get(response)).query
    again = await browser.get(response)
    assert (again.status, again.alert) == (400, "Invalid relayState from identity provider")


async def test_a_trip_ends_after_five_minutes(corporate: Corporate) -> None:
    browser = corporate.site.browser()
    page = await browser.open(corporate.site.authorize())
    await corporate.site.aws.advance(seconds=300)
    page = await browser.follow(await browser.submit(page, username="cora", password=PASSWORD))
    assert page.alert == "Invalid relayState from identity provider"


async def test_what_the_provider_refuses_goes_back_to_the_app(corporate: Corporate) -> None:
    site = corporate.site
    where = {**corporate.where, "ProviderName": "Corp"}
    held = site.pool.idp.describe_identity_provider(where)["IdentityProvider"]["ProviderDetails"]
    site.pool.idp.update_identity_provider({**where, "ProviderDetails": {**held, "client_secret": "wrong"}})
    page = await corporate.visit()
    assert (page.location.split("?")[0], page.query["error"], page.query["state"]) == (
        CALLBACK,
        "invalid_request",
        "s 1&",
    )
    assert page.query["error_description"] == "Corp Error - 400 error getting token"
    issuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_nowhere00"
    site.pool.idp.update_identity_provider({**where, "ProviderDetails": {**held, "oidc_issuer": issuer}})
    page = await site.browser().get(site.authorize())
    assert page.query["error_description"] == "Could not find the endpoints of the identity provider"


async def test_a_required_attribute_that_is_not_mapped_is_told(aws: Aws) -> None:
    schema = [{"Name": "email", "AttributeDataType": "String", "Required": True, "Mutable": True}]
    corporate = await new_corporate(aws, mapping={}, Schema=schema)
    page = await corporate.visit()
    assert page.query["error_description"] == "attributes required: [email]"
    assert [event.facts["success"] for event in aws.events("cognito.Federation")] == [0]


async def test_a_linked_user_signs_in_as_the_one_that_was_there(corporate: Corporate) -> None:
    idp, where = corporate.site.pool.idp, corporate.where
    subject = corporate.sub
    source = {"ProviderName": "Corp", "ProviderAttributeName": "Cognito_Subject", "ProviderAttributeValue": subject}
    target = {"ProviderName": "Cognito", "ProviderAttributeValue": "ann"}
    idp.admin_link_provider_for_user({**where, "SourceUser": source, "DestinationUser": target})
    identity = claims((await corporate.tokens())["id_token"])
    assert (identity["cognito:username"], identity["identities"][0]["primary"]) == ("ann", False)
    with pytest.raises(AwsError) as raised:
        idp.admin_link_provider_for_user({**where, "SourceUser": source, "DestinationUser": target})
    assert refused(raised) == ("InvalidParameterException", "SourceUser is already linked to DestinationUser")
    await idp.admin_create_user({**where, "Username": "bea", "MessageAction": "SUPPRESS"})
    other = {"ProviderName": "Cognito", "ProviderAttributeValue": "bea"}
    with pytest.raises(AwsError) as raised:
        idp.admin_link_provider_for_user({**where, "SourceUser": source, "DestinationUser": other})
    assert raised.value.code == "InvalidParameterException"
    idp.admin_disable_provider_for_user({**where, "User": source})
    assert json.loads(corporate.user("ann").get("identities", "[]")) == []
    assert claims((await corporate.tokens())["id_token"])["cognito:username"] == f"Corp_{subject}"
    idp.admin_disable_provider_for_user({**where, "User": source})
    page = await corporate.visit()
    assert page.query["error_description"] == "User is disabled."


async def test_a_link_may_be_by_another_claim(corporate: Corporate) -> None:
    source = {
        "ProviderName": "Corp",
        "ProviderAttributeName": "email",
        "ProviderAttributeValue": "cora@corp.example",
    }
    target = {"ProviderName": "Cognito", "ProviderAttributeValue": "ann"}
    asked = {**corporate.where, "SourceUser": source, "DestinationUser": target}
    corporate.site.pool.idp.admin_link_provider_for_user(asked)
    assert claims((await corporate.tokens())["id_token"])["cognito:username"] == "ann"
    for broken in ({**source, "ProviderName": "None"}, {**source, "ProviderAttributeValue": ""}):
        with pytest.raises(AwsError) as raised:
            corporate.site.pool.idp.admin_link_provider_for_user({**asked, "SourceUser": broken})
        assert raised.value.code == "InvalidParameterException"


async def test_saml_and_social_providers_say_that_they_are_not_built() -> None:
    site = await new_site(new_aws())
    where = {"UserPoolId": site.pool.id}
    details = {"client_id": "x", "client_secret": "y", "authorize_scopes": "openid"}
    site.pool.idp.create_identity_provider(
        {**where, "ProviderName": "Google", "ProviderType": "Google", "ProviderDetails": details}
    )
    site.pool.idp.update_user_pool_client(
        {**where, "ClientId": site.pool.client, **OAUTH, "SupportedIdentityProviders": ["COGNITO", "Google"]}
    )
    page = await site.browser().open(site.authorize())
    assert "Continue with Google" in page.text
    page = await site.browser().get(site.authorize(identity_provider="Google"))
    assert page.status == 501
    assert "identity_provider=Google" in page.alert


async def test_federation_makes_a_metric(corporate: Corporate) -> None:
    await corporate.tokens()
    await corporate.site.aws.advance(seconds=60)
    found = corporate.site.aws.cloudwatch.list_metrics({"MetricName": "FederationSuccesses"})["Metrics"]
    names = {each["Name"]: each["Value"] for each in found[0]["Dimensions"]}
    assert names == {
        "UserPool": corporate.site.pool.id,
        "UserPoolClient": corporate.site.pool.client,
        "IdentityProvider": "Corp",
    }
