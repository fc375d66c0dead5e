"""Parameter Store's refusals, in its words.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html#API_PutParameter_Errors and its
neighbours.
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why


def invalid(message: str, **given: Any) -> AwsError:
    """A request that is wrong by itself."""
    return AwsError("ValidationException", message, facts=_request(given))


def refused(code: str, message: str, **given: Any) -> AwsError:
    """A refusal that has a code of its own."""
    return AwsError(code, message, facts=_request(given))


def no_such_parameter(name: str) -> AwsError:
    """A parameter that is not there; AWS has no words for it but the code."""
    facts = (Fact("request", "Name", name), Fact(name, "exists", False))
    remedy = (f"aws ssm put-parameter --name {name} --type String --value VALUE",)
    why = Why("refused", f"ParameterNotFound: there is no parameter {name}.", facts, remedy)
    return AwsError("ParameterNotFound", "", why=why)


def no_such_version(name: str, selector: str) -> AwsError:
    """A version, by its number or a label, that the parameter does not have."""
    return AwsError(
        "ParameterVersionNotFound",
        f"Systems Manager could not find version {selector} of {name}. Verify the version and try again.",
        facts=(Fact("request", "Selector", selector), Fact(name, f"version {selector} exists", False)),
        remedy=(f"aws ssm get-parameter-history --name {name}",),
    )


def invalid_document(message: str) -> AwsError:
    """A text that is no document."""
    return AwsError("InvalidDocumentContent", message)


def _request(given: dict[str, Any]) -> tuple[Fact, ...]:
    return tuple(Fact("request", name, value) for name, value in given.items())
