from __future__ import annotations

import json

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT
from services.cloudtrail.audited import BUCKET, Audited, bucket_policy

HOUR_S = 3600
CLOUDTRAIL = "cloudtrail.amazonaws.com"


# --- lookups


@pytest.mark.parametrize(
    ("key", "value", "names"),
    [
        ("EventName", "CreateQueue", ["CreateQueue"]),
        ("EventSource", "kms.amazonaws.com", ["CreateKey"]),
        ("ResourceName", "orders", ["CreateQueue"]),
        ("ResourceType", "AWS::S3::Bucket", ["PutBucketPolicy", "CreateBucket"]),
        ("ReadOnly", "true", ["ListQueues"]),
        ("Username", "nobody", []),
    ],
)
def test_events_are_looked_up_by_one_attribute_newest_first(
    audited: Audited, key: str, value: str, names: list[str]
) -> None:
    audited.aws.sqs.create_queue({"QueueName": "orders"})
    audited.aws.kms.create_key({})
    audited.aws.sqs.list_queues({})
    found = audited.looked_up(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])
    assert [one["EventName"] for one in found] == names


def test_lookups_come_in_pages_and_within_a_range(audited: Audited) -> None:
    for number in range(5):
        audited.aws.sqs.create_queue({"QueueName": f"queue-{number}"})
        audited.advance(seconds=10)
    audited.advance(seconds=300)
    named = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateQueue"}]}
    ct, seen, token = audited.aws.cloudtrail, list[str](), {}
    while True:
        page = ct.lookup_events({**named, "MaxResults": 2, **token})
        seen += [each["ResourceName"] for one in page["Events"] for each in one["Resources"][1:]]
        audited.advance(seconds=1)
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert seen == [f"queue-{number}" for number in (4, 3, 2, 1, 0)]
    start = audited.aws.now - 400_000
    within = ct.lookup_events({**named, "StartTime": start, "EndTime": audited.aws.now - 310_000})["Events"]
    assert all(start <= one["EventTime"] <= audited.aws.now - 310_000 for one in within)
    audited.advance(seconds=1)
    with pytest.raises(AwsError) as caught:
        ct.lookup_events({"MaxResults": 2, **token})  # a token of another lookup
    assert caught.value.code == "InvalidNextTokenException"


def test_bad_lookups_are_refused(audited: Audited) -> None:
    one = {"AttributeKey": "EventName", "AttributeValue": "x"}
    now = audited.aws.now
    for request, code in (
        ({"LookupAttributes": [one, one]}, "InvalidLookupAttributesException"),
        ({"StartTime": now, "EndTime": now - 1}, "InvalidTimeRangeException"),
        (
            {"LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "x"}]},
            "InvalidLookupAttributesException",
        ),
        ({"MaxResults": 51}, "ValidationException"),
    ):
        audited.advance(seconds=1)
        with pytest.raises(AwsError) as caught:
            audited.aws.cloudtrail.lookup_events(request)
        assert caught.value.code == code


# --- Insights


def test_an_api_that_is_called_far_more_often_than_ever_begins_and_ends_an_insight(audited: Audited) -> None:
    audited.logging_trail()
    ct = audited.aws.cloudtrail
    with pytest.raises(AwsError, match="does not have Insights enabled"):
        ct.get_insight_selectors({"TrailName": "main"})
    kinds = [{"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiErrorRateInsight"}]
    assert ct.put_insight_selectors({"TrailName": "main", "InsightSelectors": kinds})["InsightSelectors"] == kinds
    for hour in range(40):
        audited.aws.sqs.create_queue({"QueueName": f"calm-{hour}"})
        audited.advance(seconds=HOUR_S)
    assert audited.aws.events("cloudtrail.InsightDetected") == []
    for number in range(40):
        audited.aws.sqs.create_queue({"QueueName": f"storm-{number}"})
    audited.advance(seconds=1200)
    began, ended = audited.aws.events("cloudtrail.InsightDetected")
    assert (began.facts["state"], ended.facts["state"]) == ("Start", "End")
    start, end = [each for key in audited.objects("/CloudTrail-Insight/") for each in audited.json(key)["Records"]]
    assert start["sharedEventID"] == end["sharedEventID"]
    details = start["insightDetails"]
    assert (details["eventName"], details["insightType"]) == ("CreateQueue", "ApiCallRateInsight")
    statistics = details["insightContext"]["statistics"]
    assert statistics["insight"]["average"] > 10 * statistics["baseline"]["average"] > 0
    assert {one["EventName"] for one in ct.lookup_events({"EventCategory": "insight"})["Events"]} == {"CreateQueue"}


def test_a_trail_without_write_events_watches_no_call_rates(audited: Audited) -> None:
    audited.create_trail()
    audited.select(EventSelectors=[{"ReadWriteType": "ReadOnly"}])
    request = {"TrailName": "main", "InsightSelectors": [{"InsightType": "ApiCallRateInsight"}]}
    with pytest.raises(AwsError) as caught:
        audited.aws.cloudtrail.put_insight_selectors(request)
    assert caught.value.code == "InvalidInsightSelectorsException"


# --- organizations


def organized(audited: Audited) -> tuple[str, str]:
    organizations = audited.aws.organizations
    organization = organizations.create_organization({"FeatureSet": "ALL"})["Organization"]["Id"]
    asked = organizations.create_account({"Email": "member@example.com", "AccountName": "member"})
    audited.advance(seconds=60)
    status = organizations.describe_create_account_status(
        {"CreateAccountRequestId": asked["CreateAccountStatus"]["Id"]}
    )
    return organization, status["CreateAccountStatus"]["AccountId"]


def test_an_organizations_trail_takes_the_events_of_its_members(audited: Audited) -> None:
    with pytest.raises(AwsError) as caught:
        audited.create_trail(IsOrganizationTrail=True)
    assert caught.value.code == "OrganizationsNotInUseException"
    organization, member = organized(audited)
    with pytest.raises(AwsError) as caught:
        audited.create_trail(IsOrganizationTrail=True)
    assert caught.value.code == "CloudTrailAccessNotEnabledException"
    audited.aws.organizations.enable_aws_service_access({"ServicePrincipal": CLOUDTRAIL})
    with pytest.raises(AwsError, match="Incorrect S3 bucket policy"):
        audited.create_trail(IsOrganizationTrail=True)
    audited.aws.s3.put_bucket_policy({"Bucket": BUCKET, "Policy": bucket_policy(more=(organization,))})
    audited.logging_trail(IsOrganizationTrail=True)
    in_member = audited.aws.in_account(member)
    in_member.sqs.create_queue({"QueueName": "members"})
    audited.advance(seconds=600)
    (key,) = [each for each in audited.objects() if f"/{member}/" in each]
    assert key.startswith(f"AWSLogs/{organization}/{member}/CloudTrail/us-east-1/")
    assert "CreateQueue" in [one["eventName"] for one in audited.json(key)["Records"]]
    assert [one["Name"] for one in in_member.cloudtrail.describe_trails({})["trailList"]] == ["main"]
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
    with pytest.raises(AwsError) as caught:
        in_member.cloudtrail.stop_logging({"Name": arn})
    assert caught.value.code.startswith(("AccessDenied", "NotOrganizationMasterAccount"))


def test_an_administrator_is_delegated(audited: Audited) -> None:
    _, member = organized(audited)
    audited.aws.organizations.enable_aws_service_access({"ServicePrincipal": CLOUDTRAIL})
    ct = audited.aws.cloudtrail
    audited.run(ct.register_organization_delegated_admin({"MemberAccountId": member}))
    audited.advance(seconds=2)
    with pytest.raises(AwsError) as caught:
        audited.run(ct.register_organization_delegated_admin({"MemberAccountId": member}))
    assert caught.value.code == "AccountRegisteredException"
    audited.run(ct.deregister_organization_delegated_admin({"DelegatedAdminAccountId": member}))


# --- tags and policies


def test_tags_of_a_trail(audited: Audited) -> None:
    arn, ct = audited.create_trail()["TrailARN"], audited.aws.cloudtrail
    ct.add_tags({"ResourceId": arn, "TagsList": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]})
    ct.remove_tags({"ResourceId": arn, "TagsList": [{"Key": "a"}]})
    assert ct.list_tags({"ResourceIdList": [arn]})["ResourceTagList"][0]["TagsList"] == [{"Key": "b", "Value": "2"}]
    audited.advance(seconds=2)
    with pytest.raises(AwsError) as caught:
        ct.add_tags({"ResourceId": arn, "TagsList": [{"Key": f"k{number}"} for number in range(50)]})
    assert caught.value.code == "TagsLimitExceededException"


def test_a_policy_of_a_store(audited: Audited) -> None:
    ct = audited.aws.cloudtrail
    arn = audited.run(ct.create_event_data_store({"Name": "lake"}))["EventDataStoreArn"]
    with pytest.raises(AwsError) as caught:
        ct.get_resource_policy({"ResourceArn": arn})
    assert caught.value.code == "ResourcePolicyNotFoundException"
    allow = {
        "Effect": "Allow",
        "Principal": {"AWS": "444455556666"},
        "Action": "cloudtrail:StartQuery",
        "Resource": arn,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    ct.put_resource_policy({"ResourceArn": arn, "ResourcePolicy": document})
    assert ct.get_resource_policy({"ResourceArn": arn})["ResourcePolicy"] == document
    ct.delete_resource_policy({"ResourceArn": arn})


def test_a_role_for_the_log_group_has_to_be_passed(audited: Audited) -> None:
    from services.cloudtrail.test_recording import policy, user

    alice = user(audited.aws, "alice")
    document = policy("cloudtrail:*")
    audited.aws.iam.put_user_policy({"UserName": "alice", "PolicyName": "all", "PolicyDocument": document})
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trail:*"
    role = f"arn:aws:iam::{ACCOUNT}:role/logs"
    request = {
        "Name": "main",
        "S3BucketName": BUCKET,
        "CloudWatchLogsLogGroupArn": group,
        "CloudWatchLogsRoleArn": role,
    }
    with pytest.raises(AwsError, match="iam:PassRole"):
        audited.run(alice.cloudtrail.create_trail(request))


# --- CloudWatch Logs


def log_role(audited: Audited, *actions: str) -> dict[str, str]:
    """A log group, and a role for CloudTrail that may do so much with it."""
    aws = audited.aws
    audited.run(aws.logs.create_log_group({"logGroupName": "trail"}))
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": CLOUDTRAIL}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = aws.iam.create_role({"RoleName": "logs", "AssumeRolePolicyDocument": document})["Role"]["Arn"]
    may = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    aws.iam.put_role_policy({"RoleName": "logs", "PolicyName": "logs", "PolicyDocument": document})
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trail:*"
    return {"CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role}


def test_events_come_into_the_log_group_by_the_role(audited: Audited) -> None:
    audited.logging_trail(**log_role(audited, "logs:CreateLogStream", "logs:PutLogEvents"))
    audited.aws.sqs.create_queue({"QueueName": "orders"})
    audited.advance(seconds=600)
    stream = {"logGroupName": "trail", "logStreamName": f"{ACCOUNT}_CloudTrail_us-east-1"}
    found = audited.run(audited.aws.logs.get_log_events(stream))["events"]
    assert "CreateQueue" in [json.loads(one["message"])["eventName"] for one in found]
    assert "LatestCloudWatchLogsDeliveryTime" in audited.aws.cloudtrail.get_trail_status({"Name": "main"})


def test_a_log_stream_is_made_once_and_anew_when_somebody_deletes_it(audited: Audited) -> None:
    audited.logging_trail(**log_role(audited, "logs:CreateLogStream", "logs:PutLogEvents"))
    stream = {"logGroupName": "trail", "logStreamName": f"{ACCOUNT}_CloudTrail_us-east-1"}

    def made() -> int:
        calls = [event.facts for event in audited.aws.events("api.Call")]
        return sum(each["operation"] == "CreateLogStream" for each in calls)

    for name in ("one", "two"):
        audited.aws.sqs.create_queue({"QueueName": name})
        audited.advance(seconds=600)
    assert made() == 1
    audited.run(audited.aws.logs.delete_log_stream(stream))
    audited.aws.sqs.create_queue({"QueueName": "three"})
    audited.advance(seconds=600)
    assert made() == 2
    assert "three" in str(audited.run(audited.aws.logs.get_log_events(stream))["events"])


def test_a_role_that_may_not_write_to_the_log_group_is_refused(audited: Audited) -> None:
    with pytest.raises(AwsError) as caught:
        audited.create_trail(**log_role(audited, "logs:DescribeLogGroups"))
    assert caught.value.code == "InvalidCloudWatchLogsLogGroupArnException"
    assert caught.value.message == "Access denied. Check the permissions for your role."


def test_a_role_that_loses_its_permission_shows_in_the_status(audited: Audited) -> None:
    audited.logging_trail(**log_role(audited, "logs:CreateLogStream", "logs:PutLogEvents"))
    audited.aws.iam.delete_role_policy({"RoleName": "logs", "PolicyName": "logs"})
    audited.advance(seconds=600)
    status = audited.aws.cloudtrail.get_trail_status({"Name": "main"})
    assert status["LatestCloudWatchLogsDeliveryError"].startswith("AccessDenied")
    assert "LatestDeliveryError" not in status


# --- events of services


def test_a_key_that_kms_rotates_and_deletes_by_itself_is_on_record(audited: Audited) -> None:
    key = audited.aws.kms.create_key({})["KeyMetadata"]["Arn"]
    audited.aws.kms.enable_key_rotation({"KeyId": key, "RotationPeriodInDays": 90})
    audited.advance(seconds=91 * 86_400)
    record = audited.record("RotateKey")
    assert record["userIdentity"] == {"accountId": ACCOUNT, "invokedBy": "AWS Internal"}
    assert record["eventType"] == "AwsServiceEvent"
    details = record["serviceEventDetails"]
    assert (details["keyId"], details["rotationType"]) == (key.rpartition("/")[2], "AUTOMATIC")
    assert record["resources"] == [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": key}]
    audited.aws.kms.schedule_key_deletion({"KeyId": key, "PendingWindowInDays": 7})
    audited.advance(seconds=8 * 86_400)
    assert audited.record("DeleteKey")["eventType"] == "AwsServiceEvent"


def test_the_rate_of_an_api_is_told_by_the_period_since_a_trail_watches(audited: Audited) -> None:
    audited.logging_trail()
    ct, aws = audited.aws.cloudtrail, audited.aws
    asked = {
        "EventSource": "sqs.amazonaws.com",
        "EventName": "CreateQueue",
        "InsightType": "ApiCallRateInsight",
        "Period": 60,
    }
    assert ct.list_insights_metric_data(asked)["Values"] == []
    ct.put_insight_selectors({"TrailName": "main", "InsightSelectors": [{"InsightType": "ApiCallRateInsight"}]})
    audited.advance(seconds=60 - aws.now // 1000 % 60)
    start_ms = aws.now
    for name in ("a", "b"):
        aws.sqs.create_queue({"QueueName": name})
    audited.advance(seconds=120)
    aws.sqs.create_queue({"QueueName": "c"})
    aws.sqs.list_queues({})
    audited.advance(seconds=480)
    told = ct.list_insights_metric_data(asked)
    assert (told["Timestamps"], told["Values"]) == ([start_ms, start_ms + 120_000], [2, 1])
    filled = ct.list_insights_metric_data(
        {**asked, "DataType": "FillWithZeros", "StartTime": start_ms, "EndTime": start_ms + 240_000, "MaxResults": 3}
    )
    assert filled["Values"] == [2, 0, 1]
    rest = ct.list_insights_metric_data(
        {**asked, "DataType": "FillWithZeros", "StartTime": start_ms, "EndTime": start_ms + 240_000,
         "NextToken": filled["NextToken"]}
    )  # fmt: skip
    assert rest["Values"] == [0]
    assert ct.list_insights_metric_data({**asked, "Period": 300})["Values"] == [3 / 5]
    assert ct.list_insights_metric_data({**asked, "EventName": "ListQueues"})["Values"] == []


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("InvalidParameterException", {"InsightType": "ApiErrorRateInsight"}),
        ("InvalidParameterException", {"ErrorCode": "AccessDenied"}),
        ("InvalidParameterException", {"Period": 120}),
        ("NotImplemented", {"TrailName": "main"}),
    ],
)
def test_what_has_no_rate_is_refused(audited: Audited, code: str, given: dict[str, object]) -> None:
    asked = {"EventSource": "sqs.amazonaws.com", "EventName": "CreateQueue", "InsightType": "ApiCallRateInsight"}
    with pytest.raises(AwsError) as caught:
        audited.aws.cloudtrail.list_insights_metric_data({**asked, **given})
    assert caught.value.code == code


# --- event configurations


def test_events_are_of_the_standard_size_and_without_context(audited: Audited) -> None:
    ct = audited.aws.cloudtrail
    trail = audited.create_trail()["TrailARN"]
    store = audited.run(ct.create_event_data_store({"Name": "all"}))["EventDataStoreArn"]
    standard = {"EventDataStoreArn": store, "MaxEventSize": "Standard", "ContextKeySelectors": []}
    assert ct.get_event_configuration({"EventDataStore": store}) == standard
    assert ct.put_event_configuration({"EventDataStore": store, "MaxEventSize": "Standard"}) == standard
    assert ct.get_event_configuration({"TrailName": "main"}) == {"TrailARN": trail, "AggregationConfigurations": []}
    keys = [{"Type": "RequestContext", "Equals": ["aws:SourceIp"]}]
    for code, given in (
        ("InvalidParameterCombinationException", {}),
        ("InvalidParameterCombinationException", {"TrailName": "main", "EventDataStore": store}),
        ("InvalidParameterCombinationException", {"TrailName": "main", "MaxEventSize": "Standard"}),
        ("InvalidParameterException", {"EventDataStore": store, "ContextKeySelectors": keys}),
        ("NotImplemented", {"EventDataStore": store, "ContextKeySelectors": keys, "MaxEventSize": "Large"}),
        ("NotImplemented", {"EventDataStore": store, "MaxEventSize": "Large"}),
    ):
        audited.advance(seconds=1)
        with pytest.raises(AwsError) as caught:
            ct.put_event_configuration(given)
        assert caught.value.code == code, given
