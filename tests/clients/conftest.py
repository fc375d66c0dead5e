from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from clients.running import Cloud, found_tool, running

WHERE = {
    "terraform-provider-aws": "no mirror of Terraform providers has hashicorp/aws: name one in "
    "FOULWEATHER_TERRAFORM_MIRROR (`terraform providers mirror DIR` makes one)",
    "@aws-sdk/client-dynamodb": "FOULWEATHER_NODE_MODULES names no node_modules with @aws-sdk/client-dynamodb",
    "@aws-sdk/client-kinesis": "FOULWEATHER_NODE_MODULES names no node_modules with @aws-sdk/client-kinesis",
    "@aws-sdk/lib-dynamodb": "FOULWEATHER_NODE_MODULES names no node_modules with @aws-sdk/lib-dynamodb",
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*tools): real clients without which the test is skipped")


def needed(item: pytest.Item) -> list[str]:
    return [tool for marker in item.iter_markers("needs") for tool in marker.args]


def pytest_runtest_setup(item: pytest.Item) -> None:
    for tool in needed(item):
        if found_tool(tool) is None:
            pytest.skip(WHERE.get(tool, f"{tool} is not on this machine"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where tests decide about a release, nothing is skipped that could have been run."""
    report = yield
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        missing = [tool for tool in needed(item) if found_tool(tool) is None]
        if not missing:
            report.outcome = "failed"
            report.longrepr = f"skipped although {', '.join(needed(item)) or 'nothing'} was all it needed"
    return report


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A server of the module's own, on a clock that runs."""
    home: Path = tmp_path_factory.mktemp("home")
    with running(home) as started:
        yield started


@pytest.fixture
def organized(tmp_path: Path) -> Iterator[tuple[Cloud, str]]:
    """A server whose account 000000000000 manages an organization, and the id of a member account."""
    with running(tmp_path) as started:
        organizations = started.client("organizations")
        organizations.create_organization(FeatureSet="ALL")
        root = organizations.list_roots()["Roots"][0]
        enabled = {one["Type"] for one in root["PolicyTypes"]}
        for kind in {"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"} - enabled:
            organizations.enable_policy_type(RootId=root["Id"], PolicyType=kind)
        asked = organizations.create_account(Email="member@example.com", AccountName="member")["CreateAccountStatus"]
        started.foulweather("clock", "advance", "1m")
        made = organizations.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
        yield started, made["AccountId"]
