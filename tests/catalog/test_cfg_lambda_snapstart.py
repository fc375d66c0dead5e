"""SnapStart: a published version has its snapshot taken before it can be invoked; some runtimes only."""

from __future__ import annotations

from catalog.configurations import refused
from catalog.functions import modelled
from foulweather.testing import Aws

PUBLISHED = {"ApplyOn": "PublishedVersions"}


def test_a_published_version_is_optimized_once_its_snapshot_is_taken(aws: Aws) -> None:
    modelled(aws, "api", "duration_ms = 5\n", Runtime="python3.12", SnapStart=PUBLISHED)
    client = aws.client("lambda")
    assert client.get_function_configuration(FunctionName="api")["SnapStart"] == {
        **PUBLISHED,
        "OptimizationStatus": "Off",
    }
    version = client.publish_version(FunctionName="api")["Version"]
    asked = {"FunctionName": "api", "Qualifier": version}
    assert client.get_function_configuration(**asked)["State"] == "Pending"
    aws.advance("5m")
    told = client.get_function_configuration(**asked)
    assert (told["State"], told["SnapStart"]) == ("Active", {**PUBLISHED, "OptimizationStatus": "On"})


def test_a_runtime_that_has_no_snapshots_is_refused(aws: Aws) -> None:
    arn = modelled(aws, "api", "duration_ms = 5\n", Runtime="nodejs20.x")
    error = refused(aws.client("lambda").update_function_configuration, FunctionName=arn, SnapStart=PUBLISHED)
    assert error["Code"] == "InvalidParameterValueException"
    assert "is not supported for SnapStart enabled functions" in error["Message"]
