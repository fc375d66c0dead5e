from __future__ import annotations

import re
from pathlib import Path

from foulweather.kernel import quotas
from foulweather.kernel.call import Call
from foulweather.kernel.quotas import Quota
from foulweather.kernel.services import Services
from harness import ACCOUNT, Aws, new_aws

HERE = Quota(service="x", service_name="X", code="L-00000001", name="Things", value=5)
EVERYWHERE = Quota(service="x", service_name="X", code="L-00000002", name="Others", value=7, is_global=True)


def call(aws: Aws, region: str = "us-east-1") -> Call:
    return Call(aws.pipeline, "x", "Y", ACCOUNT, region, aws.principal)


def test_a_quota_has_its_default_until_another_value_is_applied() -> None:
    aws = new_aws()
    assert quotas.in_force(aws.world, HERE, ACCOUNT, "eu-west-1") == 5
    quotas.apply(call(aws), HERE, ACCOUNT, "eu-west-1", 50)
    assert quotas.in_force(aws.world, HERE, ACCOUNT, "eu-west-1") == 50
    assert quotas.in_force(aws.world, HERE, ACCOUNT, "us-east-1") == 5
    assert quotas.in_force(aws.world, HERE, "444455556666", "eu-west-1") == 5


def test_a_global_quota_applies_in_every_region() -> None:
    aws = new_aws()
    quotas.apply(call(aws), EVERYWHERE, ACCOUNT, "us-east-1", 70)
    assert quotas.in_force(aws.world, EVERYWHERE, ACCOUNT, "eu-west-1") == 70


def test_an_applied_value_survives_a_restart(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    quotas.apply(call(aws), HERE, ACCOUNT, "us-east-1", 50)
    aws.world.store.commit()
    aws.world.close()
    again = new_aws(directory=tmp_path)
    assert quotas.in_force(again.world, HERE, ACCOUNT, "us-east-1") == 50


def test_every_quota_that_a_service_tells_of_has_a_code_of_aws() -> None:
    found = quotas.quotas_of(Services())
    assert found
    for (service, code), quota in found.items():
        assert re.fullmatch(r"L-[0-9A-F]{8}", code), (service, code)
        assert not quota.most or quota.most > quota.value
