"""What a Task's Resource names: a function, an activity, an optimized integration, or any operation of an AWS SDK.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from foulweather.kernel.model import OperationModel, ServiceModel, UnknownName, catalogue

Kind = Literal["function", "activity", "optimized", "sdk"]
TOKEN: Final = "waitForTaskToken"
SYNC: Final = "sync"
SYNC_JSON: Final = "sync:2"

_PLAIN: Final = frozenset({""})
_CALLBACK: Final = frozenset({"", TOKEN})
_JOB: Final = frozenset({"", SYNC})
# https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
OPTIMIZED: Final[dict[str, dict[str, frozenset[str]]]] = {
    "apigateway": {"invoke": _CALLBACK},
    "athena": {
        "startQueryExecution": _JOB,
        "stopQueryExecution": _PLAIN,
        "getQueryExecution": _PLAIN,
        "getQueryResults": _PLAIN,
    },
    "batch": {"submitJob": _JOB},
    "bedrock": {"invokeModel": _PLAIN, "createModelCustomizationJob": _JOB},
    "codebuild": {
        "startBuild": _JOB,
        "stopBuild": _PLAIN,
        "batchDeleteBuilds": _PLAIN,
        "batchGetReports": _PLAIN,
        "startBuildBatch": _JOB,
        "stopBuildBatch": _PLAIN,
        "retryBuildBatch": _JOB,
        "deleteBuildBatch": _PLAIN,
    },
    "databrew": {"startJobRun": _JOB},
    "dynamodb": {"getItem": _PLAIN, "putItem": _PLAIN, "updateItem": _PLAIN, "deleteItem": _PLAIN},
    "ecs": {"runTask": _JOB | _CALLBACK},
    "eks": {
        "createCluster": _JOB,
        "deleteCluster": _JOB,
        "createFargateProfile": _JOB,
        "deleteFargateProfile": _JOB,
        "createNodegroup": _JOB,
        "deleteNodegroup": _JOB,
        "call": _PLAIN,
        "runJob": _JOB,
    },
    "elasticmapreduce": {
        "createCluster": _JOB,
        "terminateCluster": _JOB,
        "addStep": _JOB,
        "cancelStep": _PLAIN,
        "setClusterTerminationProtection": _PLAIN,
        "modifyInstanceFleetByName": _PLAIN,
        "modifyInstanceGroupByName": _PLAIN,
    },
    "emr-containers": {"createVirtualCluster": _PLAIN, "deleteVirtualCluster": _JOB, "startJobRun": _JOB},
    "emr-serverless": {
        "createApplication": _JOB,
        "startApplication": _JOB,
        "stopApplication": _JOB,
        "deleteApplication": _JOB,
        "startJobRun": _JOB,
        "cancelJobRun": _JOB,
    },
    "events": {"putEvents": _CALLBACK},
    "glue": {"startJobRun": _JOB},
    "http": {"invoke": _PLAIN},
    "lambda": {"invoke": _CALLBACK},
    "mediaconvert": {"createJob": _JOB},
    "sagemaker": {
        "createEndpoint": _PLAIN,
        "createEndpointConfig": _PLAIN,
        "createHyperParameterTuningJob": _JOB,
        "createLabelingJob": _JOB,
        "createModel": _PLAIN,
        "createProcessingJob": _JOB,
        "createTrainingJob": _JOB,
        "createTransformJob": _JOB,
        "updateEndpoint": _PLAIN,
    },
    "sns": {"publish": _CALLBACK},
    "sqs": {"sendMessage": _CALLBACK},
    "states": {"startExecution": frozenset({"", SYNC, SYNC_JSON, TOKEN})},
}
_OPTIMIZED_MODELS: Final = {"states": "stepfunctions", "elasticmapreduce": "emr"}
# Services that the AWS SDK for Java 2 names otherwise than botocore does, beyond hyphens.
_SDK_MODELS: Final = {
    "applicationdiscovery": "discovery",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "costandusagereport": "cur",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "directory": "ds",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearch": "es",
    "eventbridge": "events",
    "lexmodelbuilding": "lex-models",
    "migrationhub": "mgh",
    "serverlessapplicationrepository": "serverlessrepo",
    "sfn": "stepfunctions",
    "waf": "waf",
}
# "Exception prefix", https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
_SDK_PREFIXES: Final = {
    "apigateway": "ApiGateway",
    "apigatewayv2": "ApiGatewayV2",
    "applicationautoscaling": "ApplicationAutoScaling",
    "cloudtrail": "CloudTrail",
    "cloudwatch": "CloudWatch",
    "cloudwatchlogs": "CloudWatchLogs",
    "cognitoidentity": "CognitoIdentity",
    "cognitoidentityprovider": "CognitoIdentityProvider",
    "dynamodb": "DynamoDb",
    "dynamodbstreams": "DynamoDbStreams",
    "eventbridge": "EventBridge",
    "resourcegroups": "ResourceGroups",
    "resourcegroupstaggingapi": "ResourceGroupsTaggingApi",
    "s3control": "S3Control",
    "secretsmanager": "SecretsManager",
    "servicequotas": "ServiceQuotas",
}
_OPTIMIZED_PREFIXES: Final = {
    "dynamodb": "DynamoDB",
    "events": "EventBridge",
    "lambda": "Lambda",
    "sns": "SNS",
    "sqs": "SQS",
    "states": "StepFunctions",
    "ecs": "ECS",
    "apigateway": "ApiGateway",
}
_INTEGRATION: Final = re.compile(
    r"arn:aws[a-z-]*:states:[a-z0-9-]*:\d*:([A-Za-z0-9:-]+?)(?:\.(sync|sync:2|waitForTaskToken))?"
)
_FUNCTION: Final = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:[\w$-]+)?")
_ACTIVITY: Final = re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:activity:.+")


class Resource(NamedTuple):
    """A Task's Resource in its parts."""

    kind: Kind
    arn: str
    service: str = ""
    action: str = ""
    pattern: str = ""
    model: str = ""
    prefix: str = ""

    @property
    def resource_type(self) -> str:
        """How the history names the integration."""
        return f"aws-sdk:{self.service}" if self.kind == "sdk" else self.service

    @property
    def shown(self) -> str:
        """How the history names the action."""
        return f"{self.action}.{self.pattern}" if self.pattern else self.action

    @property
    def operation(self) -> str:
        """The API's name for the action."""
        return self.action[:1].upper() + self.action[1:]

    @property
    def waits(self) -> bool:
        """Whether the task goes on after the call: until a token comes back, or a job is done."""
        return bool(self.pattern)


@lru_cache(maxsize=4096)
def of(arn: str) -> Resource | None:
    """What a Resource names; None when Step Functions knows no such thing."""
    if _FUNCTION.fullmatch(arn):
        return Resource("function", arn)
    if _ACTIVITY.fullmatch(arn):
        return Resource("activity", arn)
    found = _INTEGRATION.fullmatch(arn)
    if found is None:
        return None
    names, pattern = found[1].split(":"), found[2] or ""
    if names[0] == "aws-sdk":
        return _sdk(arn, names[1:], pattern)
    if len(names) != 2 or pattern not in OPTIMIZED.get(names[0], {}).get(names[1], ()):
        return None
    service, action = names
    model = _OPTIMIZED_MODELS.get(service, service)
    return Resource("optimized", arn, service, action, pattern, model, _OPTIMIZED_PREFIXES.get(service, service))


def _sdk(arn: str, names: list[str], pattern: str) -> Resource | None:
    if len(names) != 2 or pattern not in ("", TOKEN):
        return None
    service, action = names
    model = _SDK_MODELS.get(service) or _models().get(service)
    if model is None or not action[:1].islower():
        return None
    found = Resource("sdk", arn, service, action, pattern, model, _SDK_PREFIXES.get(service) or _prefix(model))
    return found if operation_of(found) is not None else None


def operation_of(resource: Resource) -> OperationModel | None:
    """The operation that an integration calls."""
    try:
        service = ServiceModel.load(resource.model)
        # The SDK decapitalizes an acronym by its first letter alone.
        return service.operation(resource.operation)
    except UnknownName:
        return None


@lru_cache(maxsize=64)
def exceptions_of(model: str) -> frozenset[str]:
    """The errors of a service's model: its SDK's client knows them all, whichever operation declares them."""
    operations = ServiceModel.load(model).operations().values()
    return frozenset(code for operation in operations for code in operation.errors)


@lru_cache(maxsize=1)
def _models() -> dict[str, str]:
    return {name.replace("-", ""): name for name in catalogue()}


def _prefix(model: str) -> str:
    """A service's id as the SDK for Java 2 names its classes: words, each capitalized."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|\d+", catalogue()[model].service_id)
    return "".join(word.capitalize() for word in words)


def exception(resource: Resource, code: str, *, is_modelled: bool) -> str:
    """The name of an error: the service's prefix, and what its SDK calls the exception."""
    if not is_modelled:
        if resource.kind == "sdk":
            return f"{resource.prefix}.{resource.prefix}Exception"
        return f"{resource.prefix}.{_BASES.get(resource.service, f'{resource.prefix}Exception')}"
    if code.endswith("Fault"):
        code = f"{code.removesuffix('Fault')}Exception"
    elif not code.endswith("Exception"):
        code = f"{code}Exception"
    return f"{resource.prefix}.{code}"


# What the AWS SDK for Java 1 throws where the API's model has no exception of that name.
_BASES: Final = {
    "dynamodb": "AmazonDynamoDBException",
    "events": "AmazonEventBridgeException",
    "lambda": "AWSLambdaException",
    "sns": "AmazonSNSException",
    "sqs": "AmazonSQSException",
    "states": "AWSStepFunctionsException",
}
