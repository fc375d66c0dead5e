"""One artifact in three accounts: what it does differs by the parameters that it finds there."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import code_of, policy
from catalog.organizations import Organization
from foulweather.testing import Aws

STAGES = ("dev", "staging", "prod")
SETTINGS = {
    "dev": {"/shop/log_level": "DEBUG", "/shop/replicas": "1"},
    "staging": {"/shop/log_level": "INFO", "/shop/replicas": "2"},
    "prod": {"/shop/log_level": "WARN", "/shop/replicas": "6"},
}


@pytest.fixture
def accounts(aws: Aws) -> dict[str, str]:
    organization = Organization(aws, "SERVICE_CONTROL_POLICY")
    accounts = dict(zip(STAGES, organization.accounts(*STAGES), strict=True))
    keep = {"Effect": "Deny", "Action": ["ssm:DeleteParameter", "ssm:DeleteParameters"], "Resource": "*"}
    organization.policy("KeepSettings", policy(keep), accounts["prod"])
    for stage, account in accounts.items():
        for name, value in SETTINGS[stage].items():
            aws.session(account).client("ssm").put_parameter(Name=name, Value=value, Type="String")
    return accounts


def artifact(session: Any) -> dict[str, str]:
    """The program: the same in every account, without a word about where it runs."""
    found = session.client("ssm").get_parameters_by_path(Path="/shop", Recursive=True)["Parameters"]
    return {each["Name"]: each["Value"] for each in found}


def test_the_same_artifact_finds_other_settings_in_each_account(aws: Aws, accounts: dict[str, str]) -> None:
    assert {stage: artifact(aws.session(account)) for stage, account in accounts.items()} == SETTINGS


def test_a_change_in_one_account_is_none_in_the_others(aws: Aws, accounts: dict[str, str]) -> None:
    ssm = aws.session(accounts["dev"]).client("ssm")
    ssm.put_parameter(Name="/shop/replicas", Value="3", Type="String", Overwrite=True)
    assert artifact(aws.session(accounts["dev"]))["/shop/replicas"] == "3"
    assert artifact(aws.session(accounts["prod"])) == SETTINGS["prod"]


def test_production_has_a_policy_of_its_own(aws: Aws, accounts: dict[str, str]) -> None:
    gone = {"Name": "/shop/log_level"}
    assert code_of(aws.session(accounts["dev"]).client("ssm").delete_parameter, **gone) == ""
    assert code_of(aws.session(accounts["prod"]).client("ssm").delete_parameter, **gone) == "AccessDeniedException"
