"""What a function's environment is made of: its variables, its code, its layers, its program.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from foulweather.engines.functions.environment import Spec
from foulweather.engines.functions.packages import BadPackage, Packages
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.lambda_.records import Configuration, Function
from foulweather.services.lambda_.reports import SNAP_START
from foulweather.services.lambda_.roles import RoleSession
from foulweather.services.lambda_.state import LambdaState

PATH = "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"
LIBRARIES = "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
NODE_MODULES = "/opt/nodejs/node18/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/task"
TASK, OPT = "/var/task", "/opt"


async def spec(
    call: Call,
    packages: Packages,
    function: Function,
    configuration: Configuration,
    variables: Mapping[str, str],
) -> Spec:
    """The environment of a version, its code and layers unpacked."""
    if configuration.package_type != "Zip":
        raise not_implemented("lambda", "Invoke.PackageType=Image")
    files = call.world.files
    binds: dict[str, str] = {}
    try:
        binds[TASK] = await packages.directory([files.place(configuration.code.file_id).path])
        layers = [files.place(_layer_file(call, arn)).path for arn in configuration.layers]
        if layers:
            binds[OPT] = await packages.directory(layers)
    except (BadPackage, KeyError) as error:
        raise _bad_package(function, configuration, str(error)) from None
    search: tuple[str, ...] = (TASK, f"{OPT}/python")
    if configuration.runtime.startswith("python"):
        search += (f"{OPT}/python/lib/{configuration.runtime}/site-packages",)
    return Spec(
        runtime=configuration.runtime,
        memory_mib=configuration.memory_mib,
        tmp_mib=configuration.tmp_mib,
        environment=variables,
        binds=binds,
        command=_command(function, configuration, binds),
        search=search,
        extensions=_extensions(binds.get(OPT, "")),
    )


def variables(
    function: Function, configuration: Configuration, session: RoleSession, kind: str, group: str, stream: str
) -> dict[str, str]:
    """The environment variables: Lambda's defaults, the function's own, and those that nobody may set."""
    logging = configuration.logging
    found = {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": PATH,
        "LD_LIBRARY_PATH": LIBRARIES,
        "NODE_PATH": NODE_MODULES,
        "PYTHONPATH": "/var/runtime",
        "HOME": "/tmp",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        **configuration.environment,
        "_HANDLER": configuration.handler,
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": configuration.environment.get("AWS_DEFAULT_REGION", function.region),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{configuration.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.memory_mib),
        "AWS_LAMBDA_FUNCTION_VERSION": configuration.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": kind,
        "AWS_LAMBDA_LOG_GROUP_NAME": group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_ACCESS_KEY_ID": session.access_key_id,
        "AWS_SECRET_ACCESS_KEY": session.secret,
        "AWS_SESSION_TOKEN": session.token,
        "LAMBDA_TASK_ROOT": TASK,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
    }
    if kind == SNAP_START:
        # "... environment variables are not available in Lambda SnapStart functions": snapstart-monitoring.html
        del found["AWS_LAMBDA_LOG_GROUP_NAME"], found["AWS_LAMBDA_LOG_STREAM_NAME"]
    if logging.get("LogFormat") == "JSON":
        found["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        found["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel") or "INFO"
    return found


def _command(function: Function, configuration: Configuration, binds: Mapping[str, str]) -> tuple[str, ...]:
    """What runs an OS-only runtime: the `bootstrap` of the package, or of a layer."""
    if not configuration.runtime.startswith("provided"):
        return ()
    for seen in (TASK, OPT):
        lies = binds.get(seen)
        if lies is not None and Path(lies, "bootstrap").is_file():
            return (f"{seen}/bootstrap",)
    return ()


def _extensions(layers: str) -> tuple[str, ...]:
    """The programs in `/opt/extensions`."""
    directory = Path(layers, "extensions") if layers else None
    if directory is None or not directory.is_dir():
        return ()
    found = sorted(path for path in directory.iterdir() if path.is_file() and os.access(path, os.X_OK))
    return tuple(f"{OPT}/extensions/{path.name}" for path in found)


def _layer_file(call: Call, arn: str) -> str:
    _, _, _, region, account, _, name, version = arn.split(":", 7)
    return call.state(LambdaState, account, region).layers[f"{name}:{version}"].code.file_id


def _bad_package(function: Function, configuration: Configuration, words: str) -> AwsError:
    return AwsError(
        "InvalidZipFileException",
        "Lambda could not unzip the deployment package.",
        502,
        facts=(
            Fact(function.arn, "CodeSha256", configuration.code.sha256),
            Fact(function.arn, "unzipping", words),
        ),
    )
