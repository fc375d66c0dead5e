"""Topics that are encrypted: whoever publishes needs the key.

https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
"""

from __future__ import annotations

import inspect

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.sns.state import Topic

AWS_MANAGED = ("alias/aws/sns",)
_CODES = {
    "NotFoundException": "KMSNotFoundException",
    "DisabledException": "KMSDisabledException",
    "KMSInvalidStateException": "KMSInvalidStateException",
    "ThrottlingException": "KMSThrottlingException",
}


def check(call: Call, topic: Topic) -> None:
    """Refuse a publisher that may not use the topic's key."""
    key = topic.attributes.get("KmsMasterKeyId")
    if not key:
        return
    if key in AWS_MANAGED or key.endswith(":alias/aws/sns"):
        _check_aws_managed(call, topic, key)
        return
    try:
        answer = call.acting_as(call.principal, account=call.account, session=call.session).kms.generate_data_key(
            {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": {"aws:sns:topicArn": topic.arn}}
        )
        if inspect.isawaitable(answer):
            raise AwsError("KMSThrottlingException", "AWS KMS does not answer.")
    except AwsError as error:
        if error.code == "NotImplemented":
            raise
        raise AwsError(
            _CODES.get(error.code, "KMSAccessDeniedException"),
            f"{error.message} (Service: AWSKMS; Status Code: {error.status}; Error Code: {error.code})",
            why=Why(
                "refused",
                f"The topic is encrypted with {key}, and the publisher cannot use that key.",
                (call.fact(topic.arn, "KmsMasterKeyId", key),),
                because=(error.why,),
            ),
        ) from None


def _check_aws_managed(call: Call, topic: Topic, key: str) -> None:
    # The policy of the AWS managed key lets the account's principals in, and no AWS service; it cannot
    # be changed, which is why alarms and buckets cannot publish to such a topic.
    if call.principal.kind != "service" and call.account == topic.account:
        return
    raise AwsError(
        "KMSAccessDeniedException",
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you "
        "are not allowed to access.",
        why=Why(
            "refused",
            f"The topic is encrypted with the AWS managed key {key}, whose policy does not allow "
            f"{call.principal.arn} to use it and cannot be changed.",
            (call.fact(topic.arn, "KmsMasterKeyId", key),),
            (
                f"aws sns set-topic-attributes --topic-arn {topic.arn} --attribute-name KmsMasterKeyId "
                "--attribute-value CUSTOMER_MANAGED_KEY_ID",
            ),
        ),
    )
