"""Lambda's quotas and what it demands beyond its model, in the words of its refusals.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from foulweather.kernel.service import Rate
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import refusals

CONCURRENCY: Final = 1000
UNRESERVED_MIN: Final = 100
CODE_STORAGE_BYTES_MAX: Final = 80_530_636_800
ZIPPED_BYTES_MAX: Final = 52_428_800
UNZIPPED_BYTES_MAX: Final = 262_144_000
# "50 MB (zipped, when uploaded through the Lambda API or SDKs)": as base64 in a request.
UPLOAD_BYTES_MAX: Final = 70_167_211
MEMORY_MIB_MAX: Final = 10_240
TIMEOUT_S_MAX: Final = 900
LAYERS_MAX: Final = 5
ENVIRONMENT_BYTES_MAX: Final = 4096
POLICY_BYTES_MAX: Final = 20_480
NAME_MAX: Final = 64
TAGS_MAX: Final = 50
PAGE: Final = 50
FILTERS_MAX: Final = 5

# AWS tells no durations; these are short enough to wait for and long enough to be seen.
CREATE_MS: Final = 1_000
UPDATE_MS: Final = 500
# "Snapshot creation can take several minutes": https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html
SNAPSHOT_MS: Final = 120_000
MAPPING_CREATE_MS: Final = 2_000
MAPPING_UPDATE_MS: Final = 2_000
MAPPING_DELETE_MS: Final = 2_000
# "Provisioned concurrency takes a minute or two to start": configuration guide, Provisioned concurrency.
PROVISION_MS: Final = 60_000

# The runtimes that can still be chosen: "Block function create" has passed for the others.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html#runtimes-deprecated
RETIRED: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x"),
        "nodejs22.x",
    ),
    **dict.fromkeys(("python2.7", "python3.6", "python3.7"), "python3.13"),
    **dict.fromkeys(("ruby2.5", "ruby2.7"), "ruby3.4"),
    **dict.fromkeys(("dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1"), "dotnet8"),
    "java8": "java21",
    "go1.x": "provided.al2023",
    "provided": "provided.al2023",
}
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime ("reserved")
RESERVED_VARIABLES: Final = frozenset(
    {
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    }
)  # fmt: skip
SNAP_START: Final = frozenset(
    {"java11", "java17", "java21", "java25", "python3.12", "python3.13", "python3.14", "dotnet8", "dotnet10"}
)
# https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-supported
SNAP_START_TMP_MIB_MAX: Final = 512


def _rate(per_s: int) -> Rate:
    # AWS publishes rates and no bursts; ten seconds' worth at once is what makes slow control planes bearable.
    return Rate(per_s, per_s * 10, "TooManyRequestsException", "Rate exceeded", 429)


# "Remainder of the control plane API requests: up to 15 requests per second across all APIs"; each has it here.
_CONTROL: Final = (
    "AddLayerVersionPermission AddPermission CreateAlias CreateCodeSigningConfig CreateEventSourceMapping "
    "CreateFunction CreateFunctionUrlConfig DeleteAlias DeleteCodeSigningConfig DeleteEventSourceMapping "
    "DeleteFunction DeleteFunctionCodeSigningConfig DeleteFunctionConcurrency DeleteFunctionEventInvokeConfig "
    "DeleteFunctionUrlConfig DeleteLayerVersion DeleteProvisionedConcurrencyConfig GetAccountSettings GetAlias "
    "GetCodeSigningConfig GetEventSourceMapping GetFunctionCodeSigningConfig GetFunctionConcurrency "
    "GetFunctionConfiguration GetFunctionEventInvokeConfig GetFunctionRecursionConfig GetFunctionUrlConfig "
    "GetLayerVersion GetLayerVersionByArn GetLayerVersionPolicy GetPolicy GetProvisionedConcurrencyConfig "
    "GetRuntimeManagementConfig ListAliases ListCodeSigningConfigs ListEventSourceMappings "
    "ListFunctionEventInvokeConfigs ListFunctionUrlConfigs ListFunctions ListFunctionsByCodeSigningConfig "
    "ListLayerVersions ListLayers ListProvisionedConcurrencyConfigs ListTags ListVersionsByFunction "
    "PublishLayerVersion PublishVersion PutFunctionCodeSigningConfig PutFunctionConcurrency "
    "PutFunctionEventInvokeConfig PutFunctionRecursionConfig PutProvisionedConcurrencyConfig "
    "PutRuntimeManagementConfig RemoveLayerVersionPermission RemovePermission TagResource UntagResource "
    "UpdateAlias UpdateCodeSigningConfig UpdateEventSourceMapping UpdateFunctionCode "
    "UpdateFunctionConfiguration UpdateFunctionEventInvokeConfig UpdateFunctionUrlConfig"
)
RATES: dict[str, Rate] = {
    "GetFunction": _rate(100),
    "CheckpointDurableExecution": _rate(10_000),
    "GetDurableExecutionHistory": _rate(15),
    **{f"SendDurableExecutionCallback{how}": _rate(3_000) for how in ("Success", "Failure", "Heartbeat")},
    "StopDurableExecution": _rate(300),
    **{operation: _rate(15) for operation in _CONTROL.split(" ")},
}


def check_name(name: str) -> None:
    """A new function's name, without what an ARN adds to it."""
    if len(name) > NAME_MAX:
        raise refusals.constraint("FunctionName", name, f"Member must have length less than or equal to {NAME_MAX}")


def check_memory(memory_mib: int) -> None:
    """MemorySize."""
    if memory_mib > MEMORY_MIB_MAX:
        raise refusals.invalid(
            "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to "
            f"{MEMORY_MIB_MAX}",
            Fact("request", "MemorySize", memory_mib),
        )


def check_timeout(timeout_s: int) -> None:
    """Timeout."""
    if timeout_s > TIMEOUT_S_MAX:
        raise refusals.constraint("Timeout", timeout_s, f"Member must have value less than or equal to {TIMEOUT_S_MAX}")


def check_runtime(runtime: str) -> None:
    """A runtime that functions can still be created with."""
    better = RETIRED.get(runtime)
    if better is not None:
        raise refusals.invalid(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. "
            f"We recommend you use a supported runtime while creating or updating functions.",
            Fact("request", "Runtime", runtime),
            remedy=(f"Choose a newer runtime, such as {better}.",),
        )


def check_environment(variables: Mapping[str, str]) -> None:
    """Environment variables: none of Lambda's own, and 4 KB together."""
    reserved = [name for name in variables if name in RESERVED_VARIABLES]
    words = "Lambda was unable to configure your environment variables because the environment variables you have "
    if reserved:
        raise refusals.invalid(
            f"{words}provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}",
            Fact("request", "Environment.Variables", reserved),
        )
    text = msgspec.json.encode(variables).decode()
    if sum(len(name.encode()) + len(value.encode()) for name, value in variables.items()) > ENVIRONMENT_BYTES_MAX:
        raise refusals.invalid(
            f"{words}provided exceeded the 4KB limit. String measured: {text}",
            Fact("request", "Environment bytes", len(text)),
            Fact("environment variables", "bytes at most", ENVIRONMENT_BYTES_MAX),
        )


def checked_tags(tags: Mapping[str, str], before: Mapping[str, str] | None = None) -> dict[str, str]:
    """Tags of a resource that has some already."""
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            raise refusals.invalid("Tag keys starting with 'aws:' are reserved", Fact("request", "TagKey", key))
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise refusals.invalid(
                "Tag keys must be 1 to 128 characters long, and tag values at most 256.", Fact("request", "TagKey", key)
            )
    together = {**(before or {}), **tags}
    if len(together) > TAGS_MAX:
        raise refusals.invalid(
            f"Number of tags exceeds resource tag limit of {TAGS_MAX}.", Fact("request", "tags", len(together))
        )
    return together


def check_snap_start(runtime: str, apply_on: str, tmp_mib: int) -> None:
    """SnapStart works with some runtimes only, and "does not support [...] ephemeral storage greater than 512 MB"."""
    if apply_on != "PublishedVersions":
        return
    if runtime not in SNAP_START:
        raise refusals.invalid(
            f"{runtime} is not supported for SnapStart enabled functions.", Fact("request", "Runtime", runtime)
        )
    if tmp_mib > SNAP_START_TMP_MIB_MAX:
        raise refusals.invalid(
            f"SnapStart does not support ephemeral storage greater than {SNAP_START_TMP_MIB_MAX} MB.",
            Fact("function", "EphemeralStorage", tmp_mib),
        )


def check_layer_count(layers: Sequence[Any]) -> None:
    """Layers of a function."""
    if len(layers) > LAYERS_MAX:
        raise refusals.invalid(f"Cannot reference more than {LAYERS_MAX} layers.", Fact("request", "Layers", layers))
