"""Whether a request is what its method asks for: required parameters, and a body that follows its model.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from foulweather.kernel.why import Fact
from foulweather.services.apigateway.rest import refusals
from foulweather.services.apigateway.rest.plans import JSON, MethodPlan
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import Visit


def check(visit: Visit, method: MethodPlan) -> None:
    """Refuse a request that its method's validator does not let pass."""
    if method.checks_parameters and method.required:
        missing = [name for place, name in method.required if _value(visit, place, name) is None]
        if missing:
            raise _missing(visit, missing)
    if method.checks_body and method.models:
        _check_body(visit, method)


def _value(visit: Visit, place: str, name: str) -> str | None:
    if place == "path":
        return visit.path_parameters.get(name)
    if place == "querystring":
        values = visit.query.get(name)
        return values[-1] if values else None
    return visit.header(name)


def _missing(visit: Visit, missing: Sequence[str]) -> Refusal:
    listed = f"[{', '.join(missing)}]"
    method = f"{visit.request.method} {visit.resource_path}"
    why = refusals.refused(
        f"The method {method} requires parameters that the request does not have: {listed}.",
        *(visit.method_fact(f"requires {name}", True) for name in missing),
        remedy=(
            f"aws apigateway get-method --rest-api-id {visit.api.id} --resource-id {visit.resource_id} "
            f"--http-method {visit.method.http_method if visit.method else ''}",
        ),
    )
    text = f"Missing required request parameters: {listed}"
    return Refusal(
        "BAD_REQUEST_PARAMETERS",
        text,
        why,
        logged=(f"Request failed validation: {text}",),
        detail=text,
    )


def _check_body(visit: Visit, method: MethodPlan) -> None:
    given = visit.header("content-type") or JSON
    kind = given.partition(";")[0].strip().lower()
    model = method.models.get(kind) or method.models.get("$default")
    violations = visit.plan.violations(model) if model else None
    if violations is None:
        return
    from foulweather.services.apigateway.rest.schemas import TooMuchToCheck  # here, for its library is large

    try:
        found = violations(json.loads(visit.body or b"null"))
    except TooMuchToCheck as error:
        found = [str(error)]
    except RecursionError:
        found = ["the body, or the model, is nested too deeply"]
    except ValueError:
        found = ["the body is not JSON"]
    if not found:
        return
    listed = f"[{', '.join(found)}]"
    resource = f"arn:aws:apigateway:{visit.call.region}::/restapis/{visit.api.id}/models/{model}"
    why = refusals.refused(
        f"The body does not follow the model {model} of {kind}: {'; '.join(found)}.",
        Fact(resource, "schema", visit.plan.models[model or ""].get("schema", "")),
        Fact("request", "Content-Type", given),
        *(Fact("request", "violation", each) for each in found),
        remedy=(f"aws apigateway get-model --rest-api-id {visit.api.id} --model-name {model}",),
    )
    line = f"Request body does not match model schema for content type {kind}: {listed}"
    raise Refusal("BAD_REQUEST_BODY", "Invalid request body", why, logged=(line,), detail=listed)
