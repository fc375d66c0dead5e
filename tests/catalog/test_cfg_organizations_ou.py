"""Units for security, production, development and sandboxes, more accounts than at first allowed, one for security."""

from __future__ import annotations

import pytest

from catalog.configurations import code_of, policy, refused
from catalog.organizations import Organization
from foulweather.testing import Aws

UNITS = ("Security", "Production", "Development", "Sandbox")
NO_QUEUES = policy({"Effect": "Deny", "Action": "sqs:*", "Resource": "*"})
NO_TOPICS = policy({"Effect": "Deny", "Action": "sns:*", "Resource": "*"})


@pytest.fixture
def organization(aws: Aws) -> Organization:
    return Organization(aws, "SERVICE_CONTROL_POLICY")


def test_moving_an_account_changes_what_governs_it_at_once(aws: Aws, organization: Organization) -> None:
    units = {name: organization.unit(name) for name in UNITS}
    (account,) = organization.accounts("shop")
    organization.policy("NoQueues", NO_QUEUES, units["Sandbox"])
    sqs = aws.session(account).client("sqs")
    organization.move(account, units["Development"])
    sqs.list_queues()
    organization.move(account, units["Sandbox"])
    assert "service control policy" in refused(sqs.list_queues)["Message"]
    organization.move(account, units["Production"])
    sqs.list_queues()


def test_a_policy_at_the_root_is_over_all_but_the_management_account(aws: Aws, organization: Organization) -> None:
    unit = organization.unit("Production")
    accounts = organization.accounts("shop", "payments")
    organization.move(accounts[0], unit)
    organization.policy("NoTopics", NO_TOPICS, organization.root)
    for account in accounts:
        assert code_of(aws.session(account).client("sns").list_topics) == "AuthorizationError"
    assert aws.client("sns").list_topics()["Topics"] == []


def test_more_accounts_than_ten_take_a_quota_increase(aws: Aws, organization: Organization) -> None:
    organization.accounts(*(f"team-{n}" for n in range(9)))
    request = {"Email": "one-more@example.com", "AccountName": "one more"}
    assert code_of(organization.client.create_account, **request) == "ConstraintViolationException"
    quotas = aws.client("service-quotas")
    asked = quotas.request_service_quota_increase(ServiceCode="organizations", QuotaCode="L-E619E033", DesiredValue=50)[
        "RequestedQuota"
    ]
    aws.advance("10m")
    now = quotas.get_requested_service_quota_change(RequestId=asked["Id"])["RequestedQuota"]
    assert now["Status"] == "CASE_OPENED"
    aws.advance("1d")
    organization.accounts(*(f"team-{n}" for n in range(9, 25)))
    pages = organization.client.get_paginator("list_accounts").paginate()
    assert len([each for page in pages for each in page["Accounts"]]) == 26


def test_the_security_account_administers_services_and_sees_the_organization(
    aws: Aws, organization: Organization
) -> None:
    security, shop = organization.accounts("security", "shop")
    organization.move(security, organization.unit("Security"))
    client = organization.client
    registering = {"AccountId": security, "ServicePrincipal": "securityhub.amazonaws.com"}
    assert code_of(client.register_delegated_administrator, **registering) == "ConstraintViolationException"
    client.enable_aws_service_access(ServicePrincipal="securityhub.amazonaws.com")
    client.register_delegated_administrator(**registering)
    assert len(aws.session(security).client("organizations").list_accounts()["Accounts"]) == 3
    assert code_of(aws.session(shop).client("organizations").list_accounts) == "AccessDeniedException"
    assert code_of(client.remove_account_from_organization, AccountId=security) == "ConstraintViolationException"
