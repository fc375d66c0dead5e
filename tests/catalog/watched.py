"""What the tests of CloudWatch's configurations share: publishing minute by minute, and the states of alarms."""

from __future__ import annotations

from typing import Any

from foulweather.testing import Aws


def publish(client: Any, name: str, value: float, namespace: str = "Orders") -> None:
    """One value of a metric, now."""
    client.put_metric_data(Namespace=namespace, MetricData=[{"MetricName": name, "Value": value}])


def stat(query_id: str, name: str, statistic: str = "Sum", period: int = 300, **more: Any) -> dict[str, Any]:
    """A metric data query of a metric of the shop's."""
    metric = {"Namespace": "Orders", "MetricName": name}
    return {"Id": query_id, "MetricStat": {"Metric": metric, "Period": period, "Stat": statistic}, **more}


def state(client: Any, name: str) -> str:
    """An alarm's state."""
    told = client.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (alarm,) = told["MetricAlarms"] + told["CompositeAlarms"]
    return alarm["StateValue"]


def inbox(aws: Aws, name: str = "pages") -> tuple[str, Any]:
    """A topic, and what is to be asked for the subjects of what was published to it."""
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name=name)["TopicArn"]
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},'
        f'"Action":"sqs:SendMessage","Resource":"{arn}"}}]}}'
    )
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def subjects() -> list[str]:
        import json

        found: list[str] = []
        while got := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for message in got:
                found.append(json.loads(message["Body"])["Subject"])
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return sorted(found)

    return topic, subjects
