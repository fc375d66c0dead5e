from __future__ import annotations

from pathlib import Path

from foulweather.services.apigateway.state import Places, RestState
from harness import ACCOUNT, REGION, Aws, new_aws
from services.apigateway.gateway_calls import Shop, patches


def everything(aws: Aws, shop: Shop) -> list[object]:
    api = {"restApiId": shop.api}
    gateway = aws.apigateway
    return [
        gateway.get_rest_api(api),
        gateway.get_resources({**api, "embed": ["methods"]}),
        gateway.get_stages(api),
        gateway.get_deployments(api),
        gateway.get_models(api),
        gateway.get_api_keys({"includeValues": True}),
        gateway.get_usage_plans(),
        gateway.get_client_certificates(),
    ]


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    shop = Shop(aws)
    shop.deployed()
    shop.patch_stage(("replace", "/*/*/throttling/rateLimit", "5"), ("replace", "/canarySettings/percentTraffic", "5"))
    plan = aws.apigateway.create_usage_plan(
        {"name": "p", "apiStages": [{"apiId": shop.api, "stage": "prod"}], "quota": {"limit": 5, "period": "WEEK"}}
    )
    operations = patches(("add", f"/apiStages/{shop.api}:prod/throttle/~1orders~1GET/rateLimit", "1"))
    aws.apigateway.update_usage_plan({"usagePlanId": plan["id"], "patchOperations": operations})
    key = aws.apigateway.create_api_key({"name": "k"})
    aws.apigateway.generate_client_certificate()
    before = everything(aws, shop)
    aws.world.close()

    again = new_aws(directory=tmp_path)
    assert everything(again, shop) == before
    assert again.world.state(RestState, ACCOUNT, REGION).key_ids == {key["value"]: key["id"]}
    place = again.world.state(Places).apis[shop.api]
    assert (place.account, place.region) == (ACCOUNT, REGION)
    again.world.close()
