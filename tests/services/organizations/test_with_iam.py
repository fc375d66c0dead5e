"""With IAM and STS as they are: from CreateAccount to a session in the new account, under its policies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.gates.authenticate import authenticate
from foulweather.kernel.credentials import Credentials
from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from gates.test_authenticate import Proof
from harness import ACCOUNT, Aws
from services.organizations.alone import Tree, deny, organizations_alone_with

ANY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}


@pytest.fixture
def aws() -> Aws:
    return organizations_alone_with("iam")


def as_user(aws: Aws, name: str, document: Any) -> Aws:
    made = aws.iam.create_user({"UserName": name})["User"]
    aws.iam.put_user_policy({"UserName": name, "PolicyName": "p", "PolicyDocument": json.dumps(document)})
    return aws.as_principal(Principal("user", made["Arn"], ACCOUNT, made["UserId"]))


def assumed(caller: Aws, arn: str) -> Aws:
    response = caller.sts.assume_role({"RoleArn": arn, "RoleSessionName": "ops"})
    credential = caller.world.state(Credentials).by_id[response["Credentials"]["AccessKeyId"]]
    return caller.as_principal(credential.principal, credential.session)


async def test_the_management_account_enters_a_new_account_by_its_role(aws: Aws) -> None:
    tree = Tree(aws)
    request = aws.organizations.create_account({"AccountName": "New", "Email": "new@example.com"})
    await aws.advance(seconds=5)
    done = aws.organizations.describe_create_account_status(
        {"CreateAccountRequestId": request["CreateAccountStatus"]["Id"]}
    )["CreateAccountStatus"]
    assert done["State"] == "SUCCEEDED"
    role = f"arn:aws:iam::{done['AccountId']}:role/OrganizationAccountAccessRole"
    admin = assumed(as_user(aws, "alice", ANY), role)
    assert admin.sts.get_caller_identity()["Account"] == done["AccountId"]
    assert admin.iam.create_user({"UserName": "in-new-account"})

    policy = tree.policy("NoUsers", deny("iam:CreateUser"))
    tree.attach(policy, tree.root)
    with pytest.raises(AwsError, match="explicit deny in a service control policy") as caught:
        admin.iam.create_user({"UserName": "no-more"})
    cause = caught.value.why.first_cause()
    assert any(
        fact.set_by is not None and fact.set_by.operation == "organizations:CreatePolicy" for fact in cause.facts
    )
    with pytest.raises(AwsError):
        aws.in_account(done["AccountId"]).iam.create_user({"UserName": "not-even-root"})
    assert aws.iam.create_user({"UserName": "in-management-account"})


async def test_nobody_enters_a_closed_account(aws: Aws) -> None:
    Tree(aws)
    aws.organizations.create_account({"AccountName": "New", "Email": "new@example.com"})
    await aws.advance(seconds=5)
    found = aws.organizations.list_accounts()["Accounts"]
    account = next(each["Id"] for each in found if each["Email"] == "new@example.com")
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    alice = as_user(aws, "alice", ANY)
    key = alice.sts.assume_role({"RoleArn": role, "RoleSessionName": "ops"})["Credentials"]
    lasting = aws.in_account(account).iam
    lasting.create_user({"UserName": "bob"})
    key_of_bob = lasting.create_access_key({"UserName": "bob"})["AccessKey"]
    proofs = [
        Proof(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"]),
        Proof(key_of_bob["AccessKeyId"], key_of_bob["SecretAccessKey"]),
        Proof(account),
    ]
    for proof in proofs:
        assert authenticate(aws.world, proof, is_strict=False, family="json").account == account
    aws.organizations.close_account({"AccountId": account})
    await aws.advance(seconds=5)
    for proof in proofs:
        with pytest.raises(AwsError) as caught:
            authenticate(aws.world, proof, is_strict=False, family="json")
        assert caught.value.code == "UnrecognizedClientException"
        assert "account was closed" in caught.value.why.cause
    with pytest.raises(AwsError, match="not authorized to perform: sts:AssumeRole") as caught:
        alice.sts.assume_role({"RoleArn": role, "RoleSessionName": "ops"})
    assert aws.iam.create_user({"UserName": "in-management-account"})


def test_a_role_of_iam_is_assumed_within_its_limits(aws: Aws) -> None:
    alice = as_user(aws, "alice", ANY)
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "42"}},
            }
        ],
    }
    made = aws.iam.create_role(
        {"RoleName": "Ops", "AssumeRolePolicyDocument": json.dumps(trust), "MaxSessionDuration": 7200}
    )["Role"]
    request = {"RoleArn": made["Arn"], "RoleSessionName": "ops"}
    with pytest.raises(AwsError, match="is not authorized to perform: sts:AssumeRole") as caught:
        alice.sts.assume_role(request)
    assert any(
        fact.property.endswith("ExternalId") or "ExternalId" in fact.property
        for fact in caught.value.why.first_cause().facts
    )
    response = alice.sts.assume_role({**request, "ExternalId": "42", "DurationSeconds": 7200})
    assert response["AssumedRoleUser"]["AssumedRoleId"] == f"{made['RoleId']}:ops"
    with pytest.raises(AwsError, match="exceeds the MaxSessionDuration") as caught:
        alice.sts.assume_role({**request, "ExternalId": "42", "DurationSeconds": 7201})
    (fact,) = caught.value.why.facts
    assert fact.value == 7200


def test_a_token_of_a_registered_issuer_opens_a_role(aws: Aws) -> None:
    from joserfc import jwt
    from joserfc.jwk import ECKey, KeySet

    from foulweather.policy.principal import ANONYMOUS
    from foulweather.services.sts.web_identity import register_issuer_keys

    key = ECKey.generate_key("P-256", {"kid": "one"})
    register_issuer_keys(aws.world, "https://ci.example.com", KeySet([key]).as_dict(private=False))
    provider = aws.iam.create_open_id_connect_provider(
        {"Url": "https://ci.example.com", "ClientIDList": ["sts.amazonaws.com"]}
    )["OpenIDConnectProviderArn"]
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"ci.example.com:sub": "main"}},
        },
    }
    role = aws.iam.create_role({"RoleName": "CI", "AssumeRolePolicyDocument": json.dumps(trust)})["Role"]["Arn"]
    now_s = aws.now // 1000
    claims = {"iss": "https://ci.example.com", "aud": "sts.amazonaws.com", "iat": now_s, "exp": now_s + 60}

    def assume(subject: str) -> Any:
        token = jwt.encode({"alg": "ES256", "kid": "one"}, {**claims, "sub": subject}, key)
        request = {"RoleArn": role, "RoleSessionName": "run", "WebIdentityToken": token}
        return aws.as_principal(ANONYMOUS).sts.assume_role_with_web_identity(request)

    assert assume("main")["Provider"] == provider
    with pytest.raises(AwsError) as caught:
        assume("fork")
    assert caught.value.code == "AccessDenied"
