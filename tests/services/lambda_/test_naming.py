"""What an invocation means: the version of an alias by weight, what is in service, and after a restart the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import naming
from harness import ACCOUNT, REGION, Aws, new_aws
from services.lambda_.calls import ARN, active, configuration, refused
from services.lambda_.packaged import role


def call(aws: Aws) -> Call:
    """A call of the root user."""
    return Call(aws.pipeline, "lambda", "Invoke", ACCOUNT, REGION, aws.principal)


@pytest.mark.parametrize(
    ("named", "qualifier", "expected"),
    [
        ("work", None, (ACCOUNT, REGION, "work", "")),
        ("work:live", None, (ACCOUNT, REGION, "work", "live")),
        ("work", "7", (ACCOUNT, REGION, "work", "7")),
        ("work:$LATEST", "$LATEST", (ACCOUNT, REGION, "work", "$LATEST")),
        ("function:work", None, (ACCOUNT, REGION, "work", "")),
        ("999999999999:work:live", None, ("999999999999", REGION, "work", "live")),
        ("999999999999:function:work", None, ("999999999999", REGION, "work", "")),
        ("arn:aws:lambda:eu-west-1:999999999999:function:work:1", None, ("999999999999", "eu-west-1", "work", "1")),
    ],
)
def test_names_have_many_forms(aws: Aws, named: str, qualifier: str | None, expected: tuple[str, ...]) -> None:
    assert tuple(naming.place(call(aws), named, qualifier)) == expected


async def test_an_alias_gives_its_versions_by_weight(aws: Aws) -> None:
    role(aws)
    await active(aws)
    aws.lambda_.publish_version({"FunctionName": "work"})
    await aws.lambda_.update_function_configuration({"FunctionName": "work", "Timeout": 5})
    await aws.advance(seconds=1)
    aws.lambda_.publish_version({"FunctionName": "work"})
    routing = {"AdditionalVersionWeights": {"2": 0.25}}
    aws.lambda_.create_alias({"FunctionName": "work", "Name": "live", "FunctionVersion": "1", "RoutingConfig": routing})
    given = Counter(naming.resolve(call(aws), "work:live").configuration.version for _ in range(2000))
    assert 400 < given["2"] < 600
    assert given["1"] + given["2"] == 2000
    assert naming.resolve(call(aws), "work:live").arn == f"{ARN}:live"
    # Whoever only reads gets the first one.
    assert {configuration(aws, "work:live")["Version"] for _ in range(50)} == {"1"}


async def test_invocations_get_what_was_before_until_an_update_has_ended(aws: Aws) -> None:
    role(aws)
    await active(aws)
    await aws.lambda_.update_function_configuration({"FunctionName": "work", "Timeout": 5})
    assert naming.resolve(call(aws), "work").configuration.timeout_s == 3
    assert configuration(aws)["Timeout"] == 5
    await aws.advance(seconds=1)
    assert naming.resolve(call(aws), "work").configuration.timeout_s == 5


async def test_a_snapshot_takes_its_time_when_a_version_is_published(aws: Aws) -> None:
    role(aws)
    await active(aws, Runtime="python3.12", SnapStart={"ApplyOn": "PublishedVersions"})
    version = aws.lambda_.publish_version({"FunctionName": "work"})
    assert (version["State"], version["SnapStart"]["OptimizationStatus"]) == ("Pending", "Off")
    await aws.advance(seconds=121)
    version = configuration(aws, "work:1")
    assert (version["State"], version["SnapStart"]["OptimizationStatus"]) == ("Active", "On")
    assert configuration(aws)["SnapStart"]["OptimizationStatus"] == "Off"
    kept_ready = {"FunctionName": "work", "Qualifier": "1", "ProvisionedConcurrentExecutions": 1}
    with refused("InvalidParameterValueException", "not supported for SnapStart enabled function versions"):
        aws.lambda_.put_provisioned_concurrency_config(kept_ready)
    with refused("InvalidParameterValueException", "does not support ephemeral storage greater than 512 MB"):
        await aws.lambda_.update_function_configuration({"FunctionName": "work", "EphemeralStorage": {"Size": 513}})


async def test_functions_and_what_is_under_way_survive_a_restart(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    role(aws)
    await active(aws, Environment={"Variables": {"AB": "c"}})
    await aws.lambda_.update_function_configuration({"FunctionName": "work", "Timeout": 5})
    aws.world.close()
    aws = new_aws(directory=tmp_path)
    assert configuration(aws)["LastUpdateStatus"] == "InProgress"
    assert naming.resolve(call(aws), "work").configuration.timeout_s == 3
    await aws.advance(seconds=1)
    assert configuration(aws)["LastUpdateStatus"] == "Successful"
    assert aws.world.files.place(naming.resolve(call(aws), "work").configuration.code.file_id).size > 0
    aws.world.close()


async def test_a_failed_operation_changes_nothing(aws: Aws) -> None:
    role(aws)
    await active(aws)
    before = configuration(aws)
    with refused("InvalidParameterValueException"):
        await aws.lambda_.update_function_configuration(
            {"FunctionName": "work", "Timeout": 5, "Layers": [f"{ARN[:-13]}layer:l:1"]}
        )
    with refused("InvalidParameterValueException"):
        await aws.lambda_.update_function_code({"FunctionName": "work", "ZipFile": b"no zip"})
    assert configuration(aws) == before
