"""The lab: whom an application's key stands for."""

from __future__ import annotations

import pytest

from foulweather.drilling.lab import Lab
from foulweather.kernel.errors import AwsError
from foulweather.wire.cloud import Cloud
from foulweather.world.world import World


@pytest.fixture
def lab() -> Lab:
    services = Cloud(World(name="none", mode="held")).services
    world = World(name="lab", seed=7, mode="held", start_ms=1_767_600_000_000)
    return Lab(world, services, world.ids.account())


def _key(lab: Lab) -> str:
    lab.client("iam").create_user(UserName="app")
    return lab.client("iam").create_access_key(UserName="app")["AccessKey"]["AccessKeyId"]


def test_a_key_stands_for_its_user(lab: Lab) -> None:
    identity = lab.identity_of_key(_key(lab))
    assert identity.principal.arn == f"arn:aws:iam::{lab.account}:user/app"
    assert lab.client("sts", identity).get_caller_identity()["Arn"] == identity.principal.arn


@pytest.mark.parametrize("how", ["inactive", "deleted"])
def test_a_key_that_signs_no_longer_is_refused(lab: Lab, how: str) -> None:
    key, iam = _key(lab), lab.client("iam")
    if how == "inactive":
        iam.update_access_key(UserName="app", AccessKeyId=key, Status="Inactive")
    else:
        iam.delete_access_key(UserName="app", AccessKeyId=key)
    with pytest.raises(AwsError) as refused:
        lab.identity_of_key(key)
    assert refused.value.code == "InvalidClientTokenId"
    assert how in refused.value.why.cause


async def test_a_session_is_refused_when_it_has_expired(lab: Lab) -> None:
    user = lab.identity_of_key(_key(lab))
    made = lab.client("sts", user).get_session_token(DurationSeconds=900)["Credentials"]
    assert lab.identity_of_key(made["AccessKeyId"]).principal == user.principal
    await lab.world.advance_to(made["Expiration"])
    with pytest.raises(AwsError) as refused:
        lab.identity_of_key(made["AccessKeyId"])
    assert refused.value.code == "ExpiredToken"
