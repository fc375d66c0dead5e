from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from harness import ACCOUNT, Aws

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
PER_ROLE = {"ServiceCode": "iam", "QuotaCode": "L-0DA4ABF3"}
ACCOUNTS = {"ServiceCode": "organizations", "QuotaCode": "L-E619E033"}
TABLES = {"ServiceCode": "dynamodb", "QuotaCode": "L-F98FE922"}
DAY_S = 86_400


def quotas(aws: Aws) -> Any:
    return getattr(aws, "service-quotas")


def refusal(operation: Any, request: dict[str, Any] | None = None) -> AwsError:
    with pytest.raises(AwsError) as caught:
        operation(request or {})
    return caught.value


def ask(aws: Aws, quota: dict[str, str], desired: float, **more: Any) -> dict[str, Any]:
    request = {**quota, "DesiredValue": desired, **more}
    return quotas(aws).request_service_quota_increase(request)["RequestedQuota"]


def change(aws: Aws, made: dict[str, Any]) -> dict[str, Any]:
    return quotas(aws).get_requested_service_quota_change({"RequestId": made["Id"]})["RequestedQuota"]


def value(aws: Aws, quota: dict[str, str]) -> float:
    return quotas(aws).get_service_quota(quota)["Quota"]["Value"]


def test_services_and_their_quotas(aws: Aws) -> None:
    api = quotas(aws)
    codes = {each["ServiceCode"] for each in api.list_services()["Services"]}
    assert {"iam", "dynamodb", "s3", "organizations"} <= codes
    listed = {each["QuotaCode"]: each for each in api.list_service_quotas({"ServiceCode": "iam"})["Quotas"]}
    assert listed["L-0DA4ABF3"] == {
        "ServiceCode": "iam",
        "ServiceName": "AWS Identity and Access Management (IAM)",
        "QuotaArn": f"arn:aws:servicequotas::{ACCOUNT}:iam/L-0DA4ABF3",
        "QuotaCode": "L-0DA4ABF3",
        "QuotaName": "Managed policies per role",
        "Value": 10.0,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": True,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }
    (default,) = api.list_aws_default_service_quotas({"ServiceCode": "dynamodb"})["Quotas"]
    assert default["QuotaArn"] == "arn:aws:servicequotas:us-east-1::dynamodb/L-F98FE922"


def test_global_quotas_are_in_one_region(aws: Aws) -> None:
    far = aws.in_region("eu-west-1")
    error = refusal(quotas(far).get_service_quota, PER_ROLE)
    assert (error.code, error.message) == (
        "NoSuchResourceException",
        "The request failed because the specified service does not exist.",
    )
    assert value(far, TABLES) == 2500


def test_what_is_not_there(aws: Aws) -> None:
    get = quotas(aws).get_service_quota
    for service, code in (("nothing", "L-0DA4ABF3"), ("iam", "L-00000000")):
        error = refusal(get, {"ServiceCode": service, "QuotaCode": code})
        assert error.code == "NoSuchResourceException"
    error = refusal(quotas(aws).list_service_quotas, {"ServiceCode": "iam", "NextToken": "YWJj"})
    assert error.code == "InvalidPaginationTokenException"


async def test_a_granted_increase_is_in_force(aws: Aws) -> None:
    aws.iam.create_role({"RoleName": "busy", "AssumeRolePolicyDocument": TRUST})

    def attach(n: int) -> None:
        document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}'
        made = aws.iam.create_policy({"PolicyName": f"p{n}", "PolicyDocument": document})["Policy"]["Arn"]
        aws.iam.attach_role_policy({"RoleName": "busy", "PolicyArn": made})

    for n in range(10):
        attach(n)
    with pytest.raises(AwsError, match="Cannot exceed quota for PoliciesPerRole: 10"):
        attach(10)
    made = ask(aws, PER_ROLE, 12)
    assert (made["Status"], made["DesiredValue"]) == ("PENDING", 12.0)
    assert json.loads(made["Requester"]) == {"accountId": ACCOUNT, "callerArn": f"arn:aws:iam::{ACCOUNT}:root"}
    assert value(aws, PER_ROLE) == 10
    await aws.advance(seconds=300)
    assert change(aws, made)["Status"] == "APPROVED"
    assert value(aws, PER_ROLE) == 12
    assert quotas(aws).get_aws_default_service_quota(PER_ROLE)["Quota"]["Value"] == 10
    attach(11)
    assert aws.iam.get_account_summary()["SummaryMap"]["AttachedPoliciesPerRoleQuota"] == 12
    assert value(aws.in_account("444455556666"), PER_ROLE) == 10


async def test_a_large_increase_needs_a_case(aws: Aws) -> None:
    made = ask(aws, PER_ROLE, 25)
    await aws.advance(seconds=300)
    opened = change(aws, made)
    assert opened["Status"] == "CASE_OPENED"
    assert opened["CaseId"]
    await aws.advance(seconds=DAY_S)
    assert change(aws, made)["Status"] == "APPROVED"
    assert value(aws, PER_ROLE) == 25


async def test_more_than_there_can_be_is_not_approved(aws: Aws) -> None:
    made = ask(aws, PER_ROLE, 26)
    await aws.advance(seconds=300 + DAY_S)
    assert change(aws, made)["Status"] == "NOT_APPROVED"
    without = ask(aws, PER_ROLE, 25, SupportCaseAllowed=False)
    await aws.advance(seconds=300)
    assert change(aws, without)["Status"] == "NOT_APPROVED"
    assert value(aws, PER_ROLE) == 10


async def test_a_case_can_be_opened_at_once(aws: Aws) -> None:
    made = ask(aws, PER_ROLE, 12)
    case = quotas(aws).create_support_case
    assert case({"RequestId": made["Id"]}) == {}
    assert refusal(case, {"RequestId": made["Id"]}).code == "ResourceAlreadyExistsException"
    await aws.advance(seconds=DAY_S)
    assert change(aws, made)["Status"] == "APPROVED"
    assert refusal(case, {"RequestId": made["Id"]}).code == "InvalidResourceStateException"
    assert refusal(case, {"RequestId": "nothing"}).code == "NoSuchResourceException"


async def test_one_open_request_for_a_quota(aws: Aws) -> None:
    ask(aws, PER_ROLE, 12)
    error = refusal(quotas(aws).request_service_quota_increase, {**PER_ROLE, "DesiredValue": 13})
    assert (error.code, error.message) == (
        "ResourceAlreadyExistsException",
        "Only one open service quota increase request is allowed per quota.",
    )
    await aws.advance(seconds=300)
    error = refusal(quotas(aws).request_service_quota_increase, {**PER_ROLE, "DesiredValue": 12})
    assert (error.code, error.message) == (
        "IllegalArgumentException",
        "You must provide a quota value greater than the current quota value",
    )
    assert ask(aws, PER_ROLE, 13)


def test_a_value_out_of_range_is_refused(aws: Aws) -> None:
    for more in ({"DesiredValue": -1}, {"DesiredValue": 1e11}):
        assert refusal(quotas(aws).request_service_quota_increase, {**PER_ROLE, **more}).code == "ValidationException"


async def test_a_regions_quota_is_its_own(aws: Aws) -> None:
    made = ask(aws, TABLES, 3000)
    await aws.advance(seconds=300)
    assert value(aws, TABLES) == 3000
    far = aws.in_region("eu-west-1")
    assert value(far, TABLES) == 2500
    assert refusal(quotas(far).get_requested_service_quota_change, {"RequestId": made["Id"]}).code == (
        "NoSuchResourceException"
    )


async def test_the_quota_of_accounts(aws: Aws) -> None:
    aws.organizations.create_organization()

    def invite(n: int) -> None:
        target = {"Id": f"22223333{n:04}", "Type": "ACCOUNT"}
        aws.organizations.invite_account_to_organization({"Target": target})

    for n in range(9):
        invite(n)
    with pytest.raises(AwsError, match="exceeded the allowed number") as caught:
        invite(9)
    assert "L-E619E033" in caught.value.why.remedy[0]
    ask(aws, ACCOUNTS, 20)
    await aws.advance(seconds=300)
    invite(9)


async def test_the_history_of_requests(aws: Aws) -> None:
    first = ask(aws, PER_ROLE, 12)
    await aws.advance(seconds=300)
    second = ask(aws, ACCOUNTS, 11)
    api = quotas(aws)

    def ids(found: dict[str, Any]) -> list[str]:
        return [each["Id"] for each in found["RequestedQuotas"]]

    assert ids(api.list_requested_service_quota_change_history()) == [second["Id"], first["Id"]]
    assert ids(api.list_requested_service_quota_change_history({"Status": "PENDING"})) == [second["Id"]]
    assert ids(api.list_requested_service_quota_change_history({"ServiceCode": "iam"})) == [first["Id"]]
    assert ids(api.list_requested_service_quota_change_history_by_quota(ACCOUNTS)) == [second["Id"]]
    await aws.advance(seconds=91 * DAY_S)
    assert ids(api.list_requested_service_quota_change_history()) == []


def test_tags_of_a_quota(aws: Aws) -> None:
    api = quotas(aws)
    arn = f"arn:aws:servicequotas::{ACCOUNT}:iam/L-0DA4ABF3"
    api.tag_resource({"ResourceARN": arn, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]})
    api.untag_resource({"ResourceARN": arn, "TagKeys": ["a", "c"]})
    assert api.list_tags_for_resource({"ResourceARN": arn})["Tags"] == [{"Key": "b", "Value": "2"}]
    error = refusal(api.tag_resource, {"ResourceARN": arn, "Tags": [{"Key": "aws:a", "Value": "1"}]})
    assert error.code == "TagPolicyViolationException"
    many = [{"Key": f"k{n}", "Value": ""} for n in range(50)]
    assert refusal(api.tag_resource, {"ResourceARN": arn, "Tags": many}).code == "TooManyTagsException"
    other = f"arn:aws:servicequotas::{ACCOUNT}:iam/L-00000000"
    assert refusal(api.list_tags_for_resource, {"ResourceARN": other}).code == "NoSuchResourceException"


async def test_a_report_of_what_is_used(aws: Aws) -> None:
    aws.iam.create_role({"RoleName": "one", "AssumeRolePolicyDocument": TRUST})
    api = quotas(aws)
    report = {"ReportId": api.start_quota_utilization_report()["ReportId"]}
    assert api.get_quota_utilization_report(report)["Status"] == "IN_PROGRESS"
    await aws.advance(seconds=5)
    done = api.get_quota_utilization_report(report)
    assert done["Status"] == "COMPLETED"
    assert done["Quotas"][0]["QuotaCode"] == "L-FE177D64"
    assert done["Quotas"][0]["Utilization"] == pytest.approx(0.1)
    assert done["TotalCount"] == len(done["Quotas"])
    await aws.advance(seconds=15 * 60)
    assert refusal(api.get_quota_utilization_report, report).code == "NoSuchResourceException"


def test_what_is_not_built_says_so(aws: Aws) -> None:
    assert refusal(lambda _: quotas(aws).stop_auto_management({})).status == 501
    context = {**PER_ROLE, "ContextId": "arn:aws:iam::111122223333:role/x"}
    assert refusal(quotas(aws).get_service_quota, context).status == 501


def test_asking_needs_permission(aws: Aws) -> None:
    alice = aws.as_principal(Principal("user", f"arn:aws:iam::{ACCOUNT}:user/alice", ACCOUNT, "AIDAALICE"))
    error = refusal(quotas(alice).request_service_quota_increase, {**PER_ROLE, "DesiredValue": 12})
    assert error.code == "AccessDeniedException"
    assert f"arn:aws:servicequotas::{ACCOUNT}:iam/L-0DA4ABF3" in error.message


async def test_a_template_is_applied_to_new_accounts(aws: Aws) -> None:
    api = quotas(aws)
    assert refusal(api.associate_service_quota_template).code == "NoAvailableOrganizationException"
    aws.organizations.create_organization()
    assert refusal(api.associate_service_quota_template).code == "AWSServiceAccessNotEnabledException"
    aws.organizations.enable_aws_service_access({"ServicePrincipal": "servicequotas.amazonaws.com"})
    far = quotas(aws.in_region("eu-west-1"))
    assert refusal(far.associate_service_quota_template).code == "TemplatesNotAvailableInRegionException"
    wanted = {**TABLES, "AwsRegion": "eu-west-1"}
    put = api.put_service_quota_increase_request_into_template
    assert put({**wanted, "DesiredValue": 4000})["ServiceQuotaIncreaseRequestInTemplate"]["DesiredValue"] == 4000.0
    assert api.get_association_for_service_quota_template()["ServiceQuotaTemplateAssociationStatus"] == "DISASSOCIATED"
    assert refusal(api.disassociate_service_quota_template).code == "ServiceQuotaTemplateNotInUseException"
    api.associate_service_quota_template()
    created = aws.organizations.create_account({"Email": "new@example.com", "AccountName": "new"})
    await aws.advance(seconds=400)
    status = aws.organizations.describe_create_account_status(
        {"CreateAccountRequestId": created["CreateAccountStatus"]["Id"]}
    )["CreateAccountStatus"]
    new = aws.in_account(status["AccountId"])
    assert value(new.in_region("eu-west-1"), TABLES) == 4000
    assert value(new, TABLES) == 2500
    member = quotas(aws.in_account(status["AccountId"]))
    assert refusal(member.associate_service_quota_template).code == "AccessDeniedException"


def test_what_is_in_a_template(aws: Aws) -> None:
    aws.organizations.create_organization()
    aws.organizations.enable_aws_service_access({"ServicePrincipal": "servicequotas.amazonaws.com"})
    api = quotas(aws)
    put = api.put_service_quota_increase_request_into_template
    regions = [f"eu-west-{n}" for n in range(1, 11)]
    for region in regions:
        put({**TABLES, "AwsRegion": region, "DesiredValue": 3000})
    put({**TABLES, "AwsRegion": "eu-west-1", "DesiredValue": 3500})
    error = refusal(put, {**TABLES, "AwsRegion": "us-west-2", "DesiredValue": 3000})
    assert error.code == "QuotaExceededException"
    error = refusal(put, {**TABLES, "AwsRegion": "eu-west-1", "DesiredValue": 2500})
    assert error.code == "IllegalArgumentException"
    wanted = {**TABLES, "AwsRegion": "eu-west-1"}
    got = api.get_service_quota_increase_request_from_template(wanted)["ServiceQuotaIncreaseRequestInTemplate"]
    assert got["DesiredValue"] == 3500
    api.delete_service_quota_increase_request_from_template(wanted)
    error = refusal(api.delete_service_quota_increase_request_from_template, wanted)
    assert error.code == "NoSuchResourceException"
    listed = api.list_service_quota_increase_requests_in_template({"AwsRegion": "eu-west-2"})
    assert len(listed["ServiceQuotaIncreaseRequestInTemplateList"]) == 1


async def test_a_longer_trust_policy_is_taken_after_its_increase(aws: Aws) -> None:
    document = json.loads(TRUST)
    document["Statement"] = [{**document["Statement"][0], "Sid": f"Statement{n:02}"} for n in range(25)]
    role = {"RoleName": "long", "AssumeRolePolicyDocument": json.dumps(document)}
    with pytest.raises(AwsError, match="ACLSizePerRole: 2048"):
        aws.iam.create_role(role)
    ask(aws, {"ServiceCode": "iam", "QuotaCode": "L-C07B4B0D"}, 4096)
    await aws.advance(seconds=300)
    assert aws.iam.create_role(role)


async def test_more_buckets_are_let_in_by_their_quota(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    from foulweather.kernel import quotas as kernel_quotas
    from foulweather.services.s3 import quotas as s3_quotas

    few = {**{name: getattr(s3_quotas.BUCKETS, name) for name in s3_quotas.BUCKETS.__struct_fields__}, "value": 1}
    monkeypatch.setattr(s3_quotas, "BUCKETS", kernel_quotas.Quota(**few))
    monkeypatch.setattr(s3_quotas, "QUOTAS", (s3_quotas.BUCKETS,))
    aws.s3.create_bucket({"Bucket": "first"})
    with pytest.raises(AwsError, match="TooManyBuckets"):
        aws.s3.create_bucket({"Bucket": "second"})
    ask(aws, {"ServiceCode": "s3", "QuotaCode": "L-DC2B2D3D"}, 2)
    await aws.advance(seconds=300)
    assert aws.s3.create_bucket({"Bucket": "second"})
