"""What an environment is made of: layers, variables, programs; and what is said where something is missing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from foulweather.engines.functions.interpreters import available
from foulweather.kernel.errors import AwsError
from foulweather.services.lambda_.environments import Fleet
from harness import Aws
from services.lambda_.packaged import function, invoke, logged, made, role, zipped

LOOK = """
import os

def handler(event, context):
    try:
        import shared
        found = shared.WHAT
    except ImportError:
        found = None
    return {"shared": found, "environment": dict(os.environ)}
"""


@pytest_asyncio.fixture
async def work(aws: Aws) -> AsyncIterator[Aws]:
    role(aws)
    yield aws
    aws.world.close()


async def test_variables_are_the_functions_own_and_those_of_lambda(work: Aws) -> None:
    await function(work, LOOK, Environment={"Variables": {"MINE": "1", "TZ": "Europe/Paris"}}, MemorySize=256)
    found = (await invoke(work))["Payload"]["environment"]
    assert (found["MINE"], found["TZ"], found["LANG"]) == ("1", "Europe/Paris", "en_US.UTF-8")
    assert found["AWS_LAMBDA_FUNCTION_NAME"] == "work"
    assert found["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert found["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.11"
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "us-east-1"
    assert found["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/work"
    assert found["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand"


async def test_the_last_layer_wins(work: Aws) -> None:
    arns: list[str] = []
    for what in ("first", "second"):
        content = {"ZipFile": zipped({"python/shared.py": f"WHAT = '{what}'\n"})}
        answer = await work.lambda_.publish_layer_version({"LayerName": what, "Content": content})
        arns.append(answer["LayerVersionArn"])
    await function(work, LOOK, Layers=arns)
    assert (await invoke(work))["Payload"]["shared"] == "second"
    await function(work, LOOK, "bare")
    assert (await invoke(work, name="bare"))["Payload"]["shared"] is None


async def test_a_runtime_that_this_machine_has_not_is_named_with_those_it_has(work: Aws) -> None:
    missing = next(name for name in ("python3.14", "python3.13", "python3.10", "python3.9") if name not in available())
    await function(work, LOOK, Runtime=missing)
    with pytest.raises(AwsError, match=r"This machine has no Python 3\.\d+: install it") as caught:
        await invoke(work)
    assert (caught.value.code, caught.value.status) == ("InvalidRuntimeException", 502)
    assert work.world.in_flight == 0


async def test_an_os_only_runtime_without_its_bootstrap_says_so(work: Aws) -> None:
    await made(work, {"other": "x"}, "work", Runtime="provided.al2023")
    answer = await invoke(work)
    assert answer["Payload"]["errorType"] == "Runtime.InvalidEntrypoint"
    words = "Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
    assert answer["Payload"]["errorMessage"].endswith(words)
    assert "\tStatus: error\tError Type: Runtime.InvalidEntrypoint" in logged(work)[-1]


async def test_variables_under_a_key_that_is_disabled_stop_the_function(work: Aws) -> None:
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:*","kms:*"],"Resource":"*"}]}'
    work.iam.put_role_policy({"RoleName": "function", "PolicyName": "own", "PolicyDocument": document})
    key = work.kms.create_key({})["KeyMetadata"]["Arn"]
    await function(work, LOOK, Environment={"Variables": {"SECRET": "x"}}, KMSKeyArn=key)
    assert (await invoke(work))["Payload"]["environment"]["SECRET"] == "x"
    work.kms.disable_key({"KeyId": key})
    await work.advance(seconds=700)
    with pytest.raises(AwsError, match="unable to decrypt the environment variables because the KMS key used is dis"):
        await invoke(work)


async def test_variables_that_the_role_may_not_decrypt_stop_the_function(work: Aws) -> None:
    key = work.kms.create_key({})["KeyMetadata"]["Arn"]
    await function(work, LOOK, Environment={"Variables": {"SECRET": "x"}}, KMSKeyArn=key)
    with pytest.raises(AwsError, match="because KMS access was denied") as caught:
        await invoke(work)
    assert caught.value.code == "KMSAccessDeniedException"


async def test_a_function_that_is_deleted_leaves_no_environment(work: Aws) -> None:
    arn = await function(work, LOOK)
    await invoke(work)
    assert Fleet.of(work.world).idle(arn) == 1
    work.lambda_.delete_function({"FunctionName": "work"})
    assert Fleet.of(work.world).idle(arn) == 0
