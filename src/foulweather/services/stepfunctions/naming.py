"""Names and ARNs of state machines, executions, activities and Map Runs.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from foulweather.kernel.call import Call
from foulweather.services.stepfunctions import refusals

# "A name must not contain: white space, brackets < > { } [ ], wildcard characters ? *, special characters
# " # % \ ^ | ~ ` $ & , ; : /, control characters (U+0000-001F, U+007F-009F, U+FFFE-FFFF)"
_NAME: Final = re.compile(r"""[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]{1,80}""")
_ARN: Final = re.compile(r"arn:aws[a-z-]*:states:([a-z0-9-]+):(\d{12}):(\w+):(.+)", re.DOTALL)


class Named(NamedTuple):
    """The parts of a state machine's ARN; `qualifier` is a version's number or an alias."""

    arn: str
    account: str
    name: str
    qualifier: str = ""
    label: str = ""


def checked_name(name: str) -> str:
    """A name that AWS takes."""
    if not _NAME.fullmatch(name):
        raise refusals.invalid_name(name)
    return name


def machine_arn(call: Call, name: str) -> str:
    """The ARN of a state machine."""
    return call.arn("states", f"stateMachine:{name}")


def parts(arn: str) -> tuple[str, str] | None:
    """The kind of resource that an ARN of Step Functions names, and the rest of it."""
    found = _ARN.fullmatch(arn)
    return None if found is None else (found[3], found[4])


def _parsed(arn: str, kind: str) -> tuple[str, str, str]:
    found = _ARN.fullmatch(arn)
    if found is None:
        raise refusals.invalid_arn(arn)
    if found[3] != kind:
        raise refusals.invalid_arn(found[3], "Resource type not valid in this context")
    return found[1], found[2], found[4]


@lru_cache(maxsize=1024)
def machine(arn: str) -> Named:
    """A state machine's ARN, or a version's, an alias's or a labelled Map's, in its parts."""
    region, account, rest = _parsed(arn, "stateMachine")
    name, _, qualifier = rest.partition(":")
    name, _, label = name.partition("/")
    return Named(f"arn:aws:states:{region}:{account}:stateMachine:{name}", account, name, qualifier, label)


def unqualified(arn: str) -> str:
    """The ARN of a state machine itself; a qualified one is refused."""
    named = machine(arn)
    if named.qualifier:
        raise refusals.invalid_arn(arn, "This operation does not support qualified ARNs")
    return own(named, arn)


def own(named: Named, arn: str) -> str:
    """The ARN of a state machine; one of a distributed Map within it is refused."""
    if named.label:
        raise refusals.invalid(
            "API does not support labelled state machine ARNs.",
            "API_DOES_NOT_SUPPORT_LABELED_ARNS",
            stateMachineArn=arn,
        )
    return named.arn


def check_execution(arn: str) -> None:
    """Refuse what is no ARN of an execution."""
    found = _ARN.fullmatch(arn)
    if found is None:
        raise refusals.invalid_arn(arn)
    if found[3] not in ("execution", "express"):
        raise refusals.invalid_arn(found[3], "Resource type not valid in this context")


def check_activity(arn: str) -> None:
    """Refuse what is no ARN of an activity."""
    _parsed(arn, "activity")


def check_map_run(arn: str) -> None:
    """Refuse what is no ARN of a Map Run."""
    _parsed(arn, "mapRun")


def execution_arn(machine_arn: str, name: str, label: str = "") -> str:
    """The ARN of an execution of a Standard Workflow."""
    own = machine_arn.replace(":stateMachine:", ":execution:", 1)
    return f"{own}/{label}:{name}" if label else f"{own}:{name}"


def express_arn(machine_arn: str, name: str, run: str, label: str = "") -> str:
    """The ARN of an execution of an Express Workflow."""
    own = machine_arn.replace(":stateMachine:", ":express:", 1)
    return f"{own}/{label}:{name}:{run}" if label else f"{own}:{name}:{run}"


def map_run_arn(machine_arn: str, label: str, run: str) -> str:
    """The ARN of a Map Run."""
    return f"{machine_arn.replace(':stateMachine:', ':mapRun:', 1)}/{label}:{run}"


def name_of(arn: str) -> str:
    """The name of a state machine."""
    return arn.split(":", 6)[6]
