"""Parameter Store's quotas, and what is checked against them.

https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm (Parameter Store)
https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-throughput.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Rate
from foulweather.kernel.why import Fact
from foulweather.services.ssm import refusals

LEVELS_MAX: Final = 15
NAME_MAX: Final = 1011
VALUE_BYTES_MAX: Final[Mapping[str, int]] = {"Standard": 4096, "Advanced": 8192}
PARAMETERS_MAX: Final[Mapping[str, int]] = {"Standard": 10_000, "Advanced": 100_000}
LABELS_MAX: Final = 10
TAGS_MAX: Final = 50
POLICIES_MAX: Final = 10
PATH_PAGE: Final = 10
LIST_PAGE: Final = 10
HISTORY_PAGE: Final = 50

# Documents: https://docs.aws.amazon.com/general/latest/gr/ssm.html and the errors of each operation.
DOCUMENTS_MAX: Final = 500
DOCUMENT_VERSIONS_MAX: Final = 1_000
DOCUMENT_BYTES_MAX: Final = 65_536
DOCUMENT_ACCOUNTS_MAX: Final = 1_000
DOCUMENT_ACCOUNTS_AT_ONCE_MAX: Final = 20
PUBLIC_DOCUMENTS_MAX: Final = 5
DOCUMENT_PAGE: Final = 50
DOCUMENT_PERMISSION_PAGE: Final = 200

# Automation: the same page; aws:sleep and aws:approve have theirs.
AUTOMATIONS_MAX: Final = 100
AUTOMATION_QUEUE_MAX: Final = 1_000
AUTOMATION_KEPT_MS: Final = 30 * 86_400_000
AUTOMATION_SLEEP_MS_MAX: Final = 604_800_000
APPROVERS_MAX: Final = 10
AUTOMATION_PAGE: Final = 50
# AWS tells neither how long it takes from step to step, nor how often it looks, nor how many steps it shows at most.
AUTOMATION_STEP_MS: Final = 500
AUTOMATION_POLL_MS: Final = 5_000
STEPS_SHOWN_MAX: Final = 100

# Associations: the errors of CreateAssociation and UpdateAssociation. How many runs are kept is assumed.
ASSOCIATIONS_MAX: Final = 2_000
ASSOCIATION_VERSIONS_MAX: Final = 1_000
ASSOCIATION_PAGE: Final = 50
ASSOCIATION_RUNS_MAX: Final = 100

# Reads share one quota until higher throughput is turned on; then each has its own.
READS_PER_S: Final = 40
HIGH_READS_PER_S: Final[Mapping[str, int]] = {
    "GetParameter": 10_000,
    "GetParameters": 1_000,
    "GetParametersByPath": 100,
}

_NAME = re.compile(r"/?[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")
_LABEL = re.compile(r"[A-Za-z_.-][A-Za-z0-9_.-]{0,99}")
_NAME_WORDS: Final = (
    'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
    "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 "
    "symbols .-_"
)


def rate(per_s: int, burst: int = 0) -> Rate:
    """A rate in Systems Manager's words."""
    return Rate(per_s, burst or per_s, "ThrottlingException", "Rate exceeded")


# No page of AWS that was found gives numbers for these. The rates are assumed: low enough that a stack which writes
# without backing off is throttled, as people report; PutParameter's does not follow the throughput setting yet.
RATES: dict[str, Rate] = {
    operation: rate(per_s, per_s * 10)
    for per_s, operations in {
        3: "LabelParameterVersion PutParameter UnlabelParameterVersion",
        5: (
            "AddTagsToResource DeleteParameter DeleteParameters DeleteResourcePolicy DescribeParameters "
            "GetParameterHistory GetResourcePolicies GetServiceSetting ListTagsForResource PutResourcePolicy "
            "RemoveTagsFromResource ResetServiceSetting UpdateServiceSetting "
            "CreateDocument UpdateDocument DeleteDocument "
            "ListDocuments ListDocumentVersions ModifyDocumentPermission DescribeDocumentPermission "
            "UpdateDocumentDefaultVersion StopAutomationExecution SendAutomationSignal DescribeAutomationExecutions "
            "DescribeAutomationStepExecutions SendCommand ListCommands ListCommandInvocations CancelCommand "
            "DescribeInstanceInformation StartSession CreateAssociation UpdateAssociation DeleteAssociation "
            "DescribeAssociation ListAssociations ListAssociationVersions DescribeAssociationExecutions "
            "StartAssociationsOnce "
            "CreateMaintenanceWindow UpdateMaintenanceWindow DeleteMaintenanceWindow GetMaintenanceWindow "
            "DescribeMaintenanceWindows RegisterTargetWithMaintenanceWindow RegisterTaskWithMaintenanceWindow "
            "DescribeMaintenanceWindowExecutions GetMaintenanceWindowExecution CancelMaintenanceWindowExecution"
        ),
        10: "DescribeDocument GetDocument GetAutomationExecution GetCommandInvocation StartAutomationExecution",
    }.items()
    for operation in operations.split()
}


def checked_name(name: str, arn: str) -> str:
    """A new parameter's name, without spaces around it."""
    name = name.strip()
    bare = name.removeprefix("/").lower()
    if bare.startswith("aws"):
        raise refusals.refused("AccessDeniedException", f"No access to reserved parameter name: {name}.", Name=name)
    if bare.startswith("ssm") or not _NAME.fullmatch(name):
        raise refusals.invalid(_NAME_WORDS, Name=name)
    if "/" in name and not name.startswith("/"):
        raise refusals.invalid("Parameter name must be a fully qualified name.", Name=name)
    if len(arn) > NAME_MAX:
        raise refusals.invalid(f"Parameter name, with its ARN, can't be longer than {NAME_MAX} characters.", ARN=arn)
    if name.count("/") > LEVELS_MAX:
        raise refusals.refused(
            "HierarchyLevelLimitExceededException",
            f"A hierarchy can have a maximum of {LEVELS_MAX} levels. For more information, see Requirements and "
            "constraints for parameter names in the AWS Systems Manager User Guide.",
            levels=name.count("/"),
        )
    return name


def check_readable(name: str) -> None:
    """Refuse to look for a name that no parameter can have."""
    if not _NAME.fullmatch(name) or ("/" in name and not name.startswith("/")):
        raise refusals.invalid(_NAME_WORDS, Name=name)


def checked_value(request: Mapping[str, Any], tier: str) -> str:
    """A value that the tier has room for."""
    value: str = request["Value"]
    if not value:
        raise refusals.invalid(
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length "
            "greater than or equal to 1",
        )
    if re.search(r"\{\{.*\}\}", value, re.DOTALL):
        raise refusals.invalid('Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.')
    if len(value.encode()) > VALUE_BYTES_MAX[tier]:
        raise AwsError("ValidationException", _TOO_LONG[tier], facts=_too_long(value, tier))
    return value


def _too_long(value: str, tier: str) -> tuple[Fact, ...]:
    return (
        Fact("request", "Value bytes", len(value.encode())),
        Fact("quota", f"{tier} parameter value bytes", VALUE_BYTES_MAX[tier]),
    )


_TOO_LONG: Final[Mapping[str, str]] = {
    "Standard": (
        "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter "
        "value, upgrade the parameter to use the advanced-parameter tier. For more information, see "
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
    ),
    "Advanced": "Advanced tier parameters support a maximum parameter value of 8192 characters.",
}


def is_label(label: str) -> bool:
    """Whether a text can be a label."""
    return bool(_LABEL.fullmatch(label)) and not label.lower().startswith(("aws", "ssm"))


def checked_tags(given: Sequence[Mapping[str, str]], held: Mapping[str, str]) -> dict[str, str]:
    """A parameter's tags after a request adds to them."""
    tags = dict(held)
    for tag in given:
        if tag["Key"].lower().startswith("aws:"):
            raise refusals.invalid("Tag keys can't begin with aws:.", TagKey=tag["Key"])
        tags[tag["Key"]] = tag["Value"]
    if len(tags) > TAGS_MAX:
        raise refusals.refused("TooManyTagsError", f"A resource can't have more than {TAGS_MAX} tags.", tags=len(tags))
    return tags
