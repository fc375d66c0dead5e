"""Reading parameters: one, several, and Secrets Manager's secrets by reference."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.ssm import limits, naming, public, refusals, throughput
from foulweather.services.ssm.describing import shown
from foulweather.services.ssm.references import as_parameter, referred
from foulweather.services.ssm.state import SsmState

Request = Mapping[str, Any]


async def get_parameter(call: Call, request: Request) -> dict[str, Any]:
    """The value of a parameter, or of one of its versions."""
    throughput.check_read(call)
    return {"Parameter": await _one(call, request["Name"], request.get("WithDecryption", False))}


async def get_parameters(call: Call, request: Request) -> dict[str, Any]:
    """The values of several parameters; those that are not there are told apart."""
    throughput.check_read(call)
    names: list[str] = request["Names"]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise refusals.invalid(f"Duplicate parameter names are not allowed: {', '.join(sorted(twice))}", Names=names)
    found: list[dict[str, Any]] = []
    missing: list[str] = []
    for name in names:
        try:
            found.append(await _one(call, name, request.get("WithDecryption", False)))
        except AwsError as error:
            if error.code not in ("ParameterNotFound", "ParameterVersionNotFound"):
                raise
            missing.append(name)
            call.explain("GetParameter", naming.named(call, name).arn, error.why, error.code)
    return {"Parameters": found, "InvalidParameters": missing}


async def _one(call: Call, text: str, decrypts: bool) -> dict[str, Any]:
    place = naming.named(call, text)
    if place.name.startswith(naming.REFERENCE):
        return await _of_secrets_manager(call, text, decrypts)
    if place.name in public.NAMES and not place.selector:
        return public.shown(call.region, place.name)
    naming.check_kept_here(call, place.name)
    if place.parameter is None:
        limits.check_readable(place.name)
        raise refusals.no_such_parameter(place.name)
    state = call.state(SsmState, place.account)
    version = naming.selected(state, place.parameter, place.selector)
    call.happened("ssm.ParameterRead", place.parameter.arn, version=version.number)
    found = await shown(call, place.parameter, version, decrypts=decrypts)
    return found | ({"Selector": place.selector} if place.selector else {})


async def _of_secrets_manager(call: Call, text: str, decrypts: bool) -> dict[str, Any]:
    if not decrypts:
        raise refusals.invalid(
            "WithDecryption flag must be True for retrieving a Secret Manager secret.", WithDecryption=False
        )
    name, asked = referred(text)
    try:
        response = call.forwarded("ssm").secretsmanager.get_secret_value(asked)
        secret: dict[str, Any] = await response if inspect.isawaitable(response) else response
    except AwsError as error:
        if error.status >= 500:
            raise
        is_missing = error.code == "ResourceNotFoundException"
        code = "ParameterNotFound" if is_missing else error.code
        message = f"An error occurred ({code}) when referencing Secrets Manager: "
        message += f"Secret {name} not found." if is_missing else error.message
        why = Why(error.why.decision, f"{text} is a secret of Secrets Manager.", because=(error.why,))
        raise AwsError(code, message, 400, why=why) from error
    finally:
        call.reread_clock()
    if "SecretString" not in secret:
        raise refusals.invalid("Parameter Store can't refer to a secret with a binary value.", Name=text)
    return as_parameter(call, text, secret)
