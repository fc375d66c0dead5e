"""Pools, clients, resource servers, providers and domains: their settings, defaults and refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.services.cognito_idp import traffic
from foulweather.services.cognito_idp.state import CognitoState
from harness import ACCOUNT, REGION, Aws, new_aws
from services.cognito_idp.signing import PASSWORD, claims, new_pool, refused
from services.secretsmanager.secret_calls import allow, user


def idp(aws: Aws) -> Any:
    return getattr(aws, "cognito-idp")


async def test_a_pool_has_the_defaults_of_aws_and_goes_back_to_them(aws: Aws) -> None:
    pool = await new_pool(aws, MfaConfiguration="OFF", AutoVerifiedAttributes=["email"], UserPoolTier="LITE")
    found = idp(aws).describe_user_pool({"UserPoolId": pool.id})["UserPool"]
    assert found["Policies"]["PasswordPolicy"] == {
        "MinimumLength": 8,
        "RequireUppercase": True,
        "RequireLowercase": True,
        "RequireNumbers": True,
        "RequireSymbols": True,
        "TemporaryPasswordValidityDays": 7,
    }
    assert found["AutoVerifiedAttributes"] == ["email"]
    assert len(found["SchemaAttributes"]) == 20
    assert found["Arn"] == f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool.id}"
    await idp(aws).update_user_pool({"UserPoolId": pool.id, "PoolName": "store"})
    found = idp(aws).describe_user_pool({"UserPoolId": pool.id})["UserPool"]
    assert "AutoVerifiedAttributes" not in found
    assert (found["Name"], found["UserPoolTier"]) == ("store", "LITE")


@pytest.mark.parametrize(
    ("members", "code", "words"),
    [
        (
            {"AliasAttributes": ["email"], "UsernameAttributes": ["email"]},
            "InvalidParameterException",
            "Only one of the aliasAttributes or usernameAttributes can be set",
        ),
        (
            {"MfaConfiguration": "ON"},
            "InvalidParameterException",
            "SMS configuration and Auto verification for phone_number are required when MFA is required/optional",
        ),
        (
            {"Schema": [{"Name": "plan", "Required": True}]},
            "InvalidParameterException",
            "Required custom attributes are not supported currently.",
        ),
        (
            {"UserPoolTier": "LITE", "Policies": {"PasswordPolicy": {"PasswordHistorySize": 3}}},
            "FeatureUnavailableInTierException",
            "Password history",
        ),
        (
            {"PoolName": "no/slash"},
            "InvalidParameterException",
            "1 validation error detected: Value 'no/slash' at 'poolName' failed to satisfy constraint",
        ),
        ({"UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}}, "NotImplemented", "UserPoolAddOns"),
    ],
)
async def test_settings_that_do_not_go_together_are_refused(
    aws: Aws, members: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(AwsError) as raised:
        await idp(aws).create_user_pool({"PoolName": "shop", **members})
    assert raised.value.code == code
    assert words in raised.value.message
    assert not aws.world.state(CognitoState, ACCOUNT, REGION).pools


async def test_a_protected_pool_and_one_with_a_domain_stay(aws: Aws) -> None:
    pool = await new_pool(aws, DeletionProtection="ACTIVE")
    asked = {"UserPoolId": pool.id}
    with pytest.raises(AwsError) as raised:
        idp(aws).delete_user_pool(asked)
    assert "deletion protection is activated" in raised.value.message
    await idp(aws).update_user_pool({**asked, "DeletionProtection": "INACTIVE"})
    idp(aws).create_user_pool_domain({**asked, "Domain": "shop"})
    with pytest.raises(AwsError) as raised:
        idp(aws).delete_user_pool(asked)
    assert "has a domain configured" in raised.value.message
    idp(aws).delete_user_pool_domain({**asked, "Domain": "shop"})
    idp(aws).delete_user_pool(asked)
    with pytest.raises(AwsError) as raised:
        idp(aws).describe_user_pool(asked)
    assert refused(raised) == ("ResourceNotFoundException", f"User pool {pool.id} does not exist.")


async def test_a_domain_belongs_to_one_pool_and_appears_in_the_configuration(aws: Aws) -> None:
    pool, other = await new_pool(aws), await new_pool(aws)
    for domain, words in (("my-aws-shop", "reserved word: aws"), ("shop", "")):
        asked = {"UserPoolId": pool.id, "Domain": domain}
        if words:
            with pytest.raises(AwsError) as raised:
                idp(aws).create_user_pool_domain(asked)
            assert words in raised.value.message
        else:
            idp(aws).create_user_pool_domain(asked)
    with pytest.raises(AwsError) as raised:
        idp(aws).create_user_pool_domain({"UserPoolId": other.id, "Domain": "shop"})
    assert raised.value.message == "Domain already associated with another user pool."
    assert idp(aws).describe_user_pool_domain({"Domain": "nothing"}) == {"DomainDescription": {}}
    visit = HttpRequest("GET", f"/{pool.id}/.well-known/openid-configuration", "", [("Host", "localhost:4566")])
    shown = json.loads(traffic.answer(aws.pipeline, visit).body)
    assert shown["issuer"] == f"https://cognito-idp.us-east-1.amazonaws.com/{pool.id}"
    assert shown["token_endpoint"] == "https://shop.auth.us-east-1.amazoncognito.com/oauth2/token"


async def test_a_clients_tokens_are_good_in_its_own_units(aws: Aws) -> None:
    units = {"AccessToken": "minutes", "IdToken": "seconds", "RefreshToken": "hours"}
    validity = {"AccessTokenValidity": 10, "IdTokenValidity": 300, "RefreshTokenValidity": 1}
    pool = await new_pool(aws, {"TokenValidityUnits": units, **validity})
    await pool.user()
    tokens = await pool.tokens()
    access, identity = claims(tokens["AccessToken"]), claims(tokens["IdToken"])
    assert (access["exp"] - access["iat"], identity["exp"] - identity["iat"]) == (600, 300)
    with pytest.raises(AwsError) as raised:
        await new_pool(aws, {"TokenValidityUnits": {"AccessToken": "minutes"}, "AccessTokenValidity": 4})
    assert raised.value.code == "InvalidParameterException"


async def test_a_client_has_only_scopes_flows_and_urls_that_there_are(aws: Aws) -> None:
    pool = await new_pool(aws)
    asked = {
        "UserPoolId": pool.id,
        "ClientName": "api",
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["client_credentials"],
        "AllowedOAuthScopes": ["orders/read"],
        "GenerateSecret": True,
    }
    with pytest.raises(AwsError) as raised:
        idp(aws).create_user_pool_client(asked)
    assert raised.value.code == "ScopeDoesNotExistException"
    scopes = [{"ScopeName": "read", "ScopeDescription": "Read"}]
    idp(aws).create_resource_server({"UserPoolId": pool.id, "Identifier": "orders", "Name": "orders", "Scopes": scopes})
    made = idp(aws).create_user_pool_client(asked)["UserPoolClient"]
    assert len(made["ClientSecret"]) == 51
    with pytest.raises(AwsError) as raised:
        idp(aws).create_user_pool_client({**asked, "GenerateSecret": False})
    assert raised.value.code == "InvalidOAuthFlowException"
    with pytest.raises(AwsError) as raised:
        idp(aws).create_user_pool_client(
            {**asked, "AllowedOAuthFlows": ["code"], "CallbackURLs": ["http://shop.example.com"]}
        )
    assert "cannot use the HTTP protocol" in raised.value.message


async def test_a_second_secret_takes_the_place_of_the_first(aws: Aws) -> None:
    pool = await new_pool(aws, {"GenerateSecret": True})
    asked = {"UserPoolId": pool.id, "ClientId": pool.client}
    added = idp(aws).add_user_pool_client_secret(asked)["ClientSecretDescriptor"]
    with pytest.raises(AwsError) as raised:
        idp(aws).add_user_pool_client_secret(asked)
    assert raised.value.code == "LimitExceededException"
    listed = idp(aws).list_user_pool_client_secrets(asked)["ClientSecrets"]
    idp(aws).delete_user_pool_client_secret({**asked, "ClientSecretId": listed[0]["ClientSecretId"]})
    shown = idp(aws).describe_user_pool_client(asked)["UserPoolClient"]
    assert shown["ClientSecret"] == added["ClientSecretValue"]
    with pytest.raises(AwsError):
        idp(aws).delete_user_pool_client_secret({**asked, "ClientSecretId": added["ClientSecretId"]})


async def test_an_administrator_needs_permission_on_the_pool_and_a_user_none(aws: Aws) -> None:
    pool = await new_pool(aws, UserPoolTags={"team": "shop"})
    await pool.user()
    arn = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool.id}"
    tagged = {"StringEquals": {"aws:ResourceTag/team": "shop"}}
    clerk = user(aws, "clerk", allow("cognito-idp:AdminGetUser", resource=arn, Condition=tagged))
    idp(clerk).admin_get_user({"UserPoolId": pool.id, "Username": "ann"})
    with pytest.raises(AwsError) as raised:
        idp(clerk).admin_delete_user({"UserPoolId": pool.id, "Username": "ann"})
    assert raised.value.code == "AccessDeniedException"
    assert f"not authorized to perform: cognito-idp:AdminDeleteUser on resource: {arn}" in raised.value.message
    await idp(clerk).initiate_auth(
        {
            "ClientId": pool.client,
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": "ann", "PASSWORD": PASSWORD},
        }
    )
    with pytest.raises(AwsError) as raised:
        await idp(user(aws, "guest")).update_user_pool({"UserPoolId": pool.id})
    assert raised.value.code == "AccessDeniedException"


async def test_signing_in_is_limited_to_120_a_second(aws: Aws) -> None:
    pool = await new_pool(aws)
    asked = {"ClientId": pool.client, "AuthFlow": "USER_PASSWORD_AUTH"}
    codes: list[str] = []
    for _ in range(121):
        with pytest.raises(AwsError) as raised:
            await pool.users.initiate_auth(asked)
        codes.append(raised.value.code)
    assert codes[119:] == ["InvalidParameterException", "TooManyRequestsException"]


async def test_sign_ins_are_counted_by_client_with_their_share_of_successes(aws: Aws) -> None:
    pool = await new_pool(aws)
    await pool.user()
    await pool.sign_in()
    with pytest.raises(AwsError):
        await pool.sign_in(password="Wrong-horse-1")
    await aws.advance(seconds=60)
    dimensions = [{"Name": "UserPool", "Value": pool.id}, {"Name": "UserPoolClient", "Value": pool.client}]
    (point,) = aws.cloudwatch.get_metric_statistics(
        {
            "Namespace": "AWS/Cognito",
            "MetricName": "SignInSuccesses",
            "Dimensions": dimensions,
            "StartTime": aws.now - 120_000,
            "EndTime": aws.now,
            "Period": 60,
            "Statistics": ["Sum", "Average", "SampleCount"],
        }
    )["Datapoints"]
    assert (point["Sum"], point["Average"], point["SampleCount"]) == (1, 0.5, 2)


async def test_pools_are_tagged_and_listed(aws: Aws) -> None:
    pools = sorted([(await new_pool(aws)).id for _ in range(3)])
    arn = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pools[0]}"
    idp(aws).tag_resource({"ResourceArn": arn, "Tags": {"team": "shop", "tier": "web"}})
    idp(aws).untag_resource({"ResourceArn": arn, "TagKeys": ["tier"]})
    assert idp(aws).list_tags_for_resource({"ResourceArn": arn}) == {"Tags": {"team": "shop"}}
    found = aws.resourcegroupstaggingapi.get_resources({"TagFilters": [{"Key": "team"}]})
    assert [each["ResourceARN"] for each in found["ResourceTagMappingList"]] == [arn]
    first = idp(aws).list_user_pools({"MaxResults": 2})
    rest = idp(aws).list_user_pools({"MaxResults": 2, "NextToken": first["NextToken"]})
    assert [pool["Id"] for pool in (*first["UserPools"], *rest["UserPools"])] == pools


async def test_providers_are_configured_found_by_identifier_and_deleted(aws: Aws) -> None:
    pool = await new_pool(aws)
    details = {
        "client_id": "c",
        "attributes_request_method": "GET",
        "oidc_issuer": "https://id.example.com",
        "authorize_scopes": "openid",
    }
    asked = {"UserPoolId": pool.id, "ProviderName": "Corp", "ProviderType": "OIDC", "IdpIdentifiers": ["corp.com"]}
    with pytest.raises(AwsError) as raised:
        idp(aws).create_identity_provider({**asked, "ProviderDetails": {"client_id": "c"}})
    assert "are required" in raised.value.message
    idp(aws).create_identity_provider({**asked, "ProviderDetails": details, "AttributeMapping": {"email": "mail"}})
    wanted = {"UserPoolId": pool.id, "IdpIdentifier": "corp.com"}
    found = idp(aws).get_identity_provider_by_identifier(wanted)["IdentityProvider"]
    assert (found["ProviderName"], found["AttributeMapping"]) == ("Corp", {"email": "mail"})
    with pytest.raises(AwsError) as raised:
        idp(aws).create_identity_provider({**asked, "ProviderDetails": details})
    assert raised.value.code == "DuplicateProviderException"
    idp(aws).delete_identity_provider({"UserPoolId": pool.id, "ProviderName": "Corp"})
    assert idp(aws).list_identity_providers({"UserPoolId": pool.id}) == {"Providers": []}


async def test_the_world_of_an_unsigned_call_is_the_one_that_knows_its_client_or_token(aws: Aws) -> None:
    pool = await new_pool(aws)
    await pool.user()
    token = (await pool.tokens())["AccessToken"]
    other = new_aws(seed=2)

    def asked(**members: str) -> HttpRequest:
        return HttpRequest("POST", "/", "", [("Host", "localhost")], json.dumps(members).encode())

    for request in (asked(ClientId=pool.client), asked(AccessToken=token)):
        assert traffic.serves(aws.world, request)
        assert not traffic.serves(other.world, request)
    asks = [("Host", "localhost"), ("Access-Control-Request-Headers", "content-type,x-amz-target")]
    preflight = HttpRequest("OPTIONS", "/", "", [("Origin", "https://shop.example.com"), *asks])
    assert traffic.serves(aws.world, preflight)
    answer = traffic.answer(aws.pipeline, preflight)
    assert isinstance(answer, HttpResponse)
    assert ("Access-Control-Allow-Origin", "*") in answer.headers


async def test_a_domain_name_of_ones_own_has_dots_and_a_certificate(aws: Aws) -> None:
    pool = await new_pool(aws)
    asked = {"UserPoolId": pool.id, "Domain": "auth.example.com"}
    with pytest.raises(AwsError) as raised:
        pool.idp.create_user_pool_domain(asked)
    assert refused(raised)[0] == "InvalidParameterException"
    certificate = "arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
    made = pool.idp.create_user_pool_domain({**asked, "CustomDomainConfig": {"CertificateArn": certificate}})
    assert made["CloudFrontDomain"].endswith(".cloudfront.net")
    with pytest.raises(AwsError) as raised:
        pool.idp.create_user_pool_domain({**asked, "Domain": "Not_A.name"})
    assert "failed to satisfy constraint" in refused(raised)[1]
