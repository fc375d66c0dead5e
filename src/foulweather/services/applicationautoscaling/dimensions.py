"""Every scalable dimension, the resource ids that fit it, and which are served.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html (ResourceId,
ScalableDimension)
"""

from __future__ import annotations

import re
from typing import Final

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.applicationautoscaling import limits

# A resource id's form by dimension. Index names and table names are three to 255 characters.
_TABLE = r"table/[a-zA-Z0-9_.-]{3,255}"
_FORMS: Final[dict[str, re.Pattern[str]]] = {
    dimension: re.compile(form)
    for dimension, form in {
        "ecs:service:DesiredCount": r"service/[^/]+/[^/]+",
        "ec2:spot-fleet-request:TargetCapacity": r"spot-fleet-request/sfr-[\w-]+",
        "elasticmapreduce:instancegroup:InstanceCount": r"instancegroup/j-\w+/ig-\w+",
        "appstream:fleet:DesiredCapacity": r"fleet/[^/]+",
        "dynamodb:table:ReadCapacityUnits": _TABLE,
        "dynamodb:table:WriteCapacityUnits": _TABLE,
        "dynamodb:index:ReadCapacityUnits": _TABLE + r"/index/[a-zA-Z0-9_.-]{3,255}",
        "dynamodb:index:WriteCapacityUnits": _TABLE + r"/index/[a-zA-Z0-9_.-]{3,255}",
        "rds:cluster:ReadReplicaCount": r"cluster:[^/]+",
        "sagemaker:variant:DesiredInstanceCount": r"endpoint/[^/]+/variant/[^/]+",
        "sagemaker:variant:DesiredProvisionedConcurrency": r"endpoint/[^/]+/variant/[^/]+",
        "sagemaker:inference-component:DesiredCopyCount": r"inference-component/[^/]+",
        "custom-resource:ResourceType:Property": r"https://.+",
        "comprehend:document-classifier-endpoint:DesiredInferenceUnits": r"arn:.+:document-classifier-endpoint/.+",
        "comprehend:entity-recognizer-endpoint:DesiredInferenceUnits": r"arn:.+:entity-recognizer-endpoint/.+",
        "lambda:function:ProvisionedConcurrency": r"function:[\w-]+:[\w-]+",
        "cassandra:table:ReadCapacityUnits": r"keyspace/\w+/table/\w+",
        "cassandra:table:WriteCapacityUnits": r"keyspace/\w+/table/\w+",
        "kafka:broker-storage:VolumeSize": r"arn:.+:kafka:.+:cluster/.+",
        "elasticache:cache-cluster:Nodes": r"cache-cluster/[^/]+",
        "elasticache:replication-group:NodeGroups": r"replication-group/[^/]+",
        "elasticache:replication-group:Replicas": r"replication-group/[^/]+",
        "neptune:cluster:ReadReplicaCount": r"cluster:[^/]+",
        "workspaces:workspacespool:DesiredUserSessions": r"workspacespool/wspool-[\w-]+",
    }.items()
}
SERVED: Final = frozenset({"dynamodb"})


def check_target(namespace: str, resource_id: str, dimension: str) -> None:
    """Refuse what is no scalable dimension of the namespace, and name what this project does not scale."""
    form = _FORMS.get(dimension)
    if form is None or dimension.partition(":")[0] != namespace or not form.fullmatch(resource_id):
        raise unsupported(namespace, resource_id, dimension)
    if namespace not in SERVED:
        raise not_implemented("application-autoscaling", f"RegisterScalableTarget.ServiceNamespace:{namespace}")


def unsupported(namespace: str, resource_id: str, dimension: str) -> AwsError:
    """The refusal of a namespace, resource and dimension that do not belong together."""
    form = _FORMS.get(dimension)
    facts = () if form is None else limits.facts(ResourceId=resource_id, ScalableDimension=dimension, form=form.pattern)
    return limits.invalid(
        "Unsupported service namespace, resource type or scalable dimension",
        *(facts or limits.facts(ServiceNamespace=namespace, ScalableDimension=dimension)),
    )
