"""Amazon SQS's query protocol, which its model no longer describes since SQS speaks JSON.

The names are those of the SQS API reference's query examples; the error codes are those that the
`x-amzn-query-error` header of the JSON protocol still carries. `queryName` and `queryCode` are read
by the query codec only.
"""

from __future__ import annotations

from typing import Any

XML_NAMESPACE = "http://queue.amazonaws.com/doc/2012-11-05/"

MEMBER_NAMES = {
    "ActionNameList": "ActionName",
    "AWSAccountIdList": "AWSAccountId",
    "AttributeNameList": "AttributeName",
    "BatchResultErrorEntryList": "BatchResultErrorEntry",
    "BinaryList": "BinaryListValue",
    "ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
    "ChangeMessageVisibilityBatchResultEntryList": "ChangeMessageVisibilityBatchResultEntry",
    "DeleteMessageBatchRequestEntryList": "DeleteMessageBatchRequestEntry",
    "DeleteMessageBatchResultEntryList": "DeleteMessageBatchResultEntry",
    "ListMessageMoveTasksResultEntryList": "ListMessageMoveTasksResultEntry",
    "MessageAttributeNameList": "MessageAttributeName",
    "MessageBodyAttributeMap": "MessageAttribute",
    "MessageBodySystemAttributeMap": "MessageSystemAttribute",
    "MessageList": "Message",
    "MessageSystemAttributeList": "MessageSystemAttributeName",
    "MessageSystemAttributeMap": "Attribute",
    "QueueAttributeMap": "Attribute",
    "QueueUrlList": "QueueUrl",
    "SendMessageBatchRequestEntryList": "SendMessageBatchRequestEntry",
    "SendMessageBatchResultEntryList": "SendMessageBatchResultEntry",
    "StringList": "StringListValue",
    "TagKeyList": "TagKey",
    "TagMap": "Tag",
}
"""The element's and parameter's name of every list and map, by its shape; all of them are flattened."""

ERRORS = {
    "BatchEntryIdsNotDistinct": ("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400),
    "BatchRequestTooLong": ("AWS.SimpleQueueService.BatchRequestTooLong", 400),
    "EmptyBatchRequest": ("AWS.SimpleQueueService.EmptyBatchRequest", 400),
    "InvalidAddress": ("InvalidAddress", 404),
    "InvalidBatchEntryId": ("AWS.SimpleQueueService.InvalidBatchEntryId", 400),
    "InvalidSecurity": ("InvalidSecurity", 403),
    "KmsAccessDenied": ("KMS.AccessDeniedException", 400),
    "KmsDisabled": ("KMS.DisabledException", 400),
    "KmsInvalidKeyUsage": ("KMS.InvalidKeyUsageException", 400),
    "KmsInvalidState": ("KMS.InvalidStateException", 400),
    "KmsNotFound": ("KMS.NotFoundException", 400),
    "KmsOptInRequired": ("KMS.OptInRequired", 403),
    "KmsThrottled": ("KMS.ThrottlingException", 400),
    "MessageNotInflight": ("AWS.SimpleQueueService.MessageNotInflight", 400),
    "OverLimit": ("OverLimit", 403),
    "PurgeQueueInProgress": ("AWS.SimpleQueueService.PurgeQueueInProgress", 403),
    "QueueDeletedRecently": ("AWS.SimpleQueueService.QueueDeletedRecently", 400),
    "QueueDoesNotExist": ("AWS.SimpleQueueService.NonExistentQueue", 400),
    "QueueNameExists": ("QueueAlreadyExists", 400),
    "ReceiptHandleIsInvalid": ("ReceiptHandleIsInvalid", 404),
    "RequestThrottled": ("RequestThrottled", 403),
    "ResourceNotFoundException": ("ResourceNotFoundException", 404),
    "TooManyEntriesInBatchRequest": ("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400),
    "UnsupportedOperation": ("AWS.SimpleQueueService.UnsupportedOperation", 400),
}
"""Each error shape's code and HTTP status in the query protocol."""


def add_query_protocol(model: dict[str, Any]) -> None:
    """Let SQS's model describe its query protocol too."""
    model["metadata"]["protocols"].append("query")
    model["metadata"]["xmlNamespace"] = XML_NAMESPACE
    shapes: dict[str, Any] = model["shapes"]
    for shape in shapes.values():
        for member in shape.get("members", {}).values():
            name = MEMBER_NAMES.get(member["shape"])
            if name:
                member["queryName"] = name
                member["flattened"] = True
            elif shapes[member["shape"]]["type"] in ("list", "map"):
                raise SystemExit(f"sqs_query.MEMBER_NAMES lacks {member['shape']}")
        if shape["type"] == "map":
            tags = shape["key"]["shape"] == "TagKey"
            shape["key"]["queryName"] = "Key" if tags else "Name"
            shape["value"]["queryName"] = "Value"
    for name, (code, status) in ERRORS.items():
        shapes[name]["error"] = {"queryCode": code, "queryStatusCode": status}
