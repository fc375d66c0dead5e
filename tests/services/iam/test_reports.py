from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import unquote

from services.iam.calls import Iam, document, new_iam_world, trust

COLUMNS = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)


async def report(iam: Iam) -> dict[str, dict[str, str]]:
    iam.generate_credential_report()
    await iam.aws.advance(seconds=2)
    content = iam.get_credential_report()["Content"].decode()
    assert content.splitlines()[0] == COLUMNS
    return {line["user"]: line for line in csv.DictReader(io.StringIO(content))}


async def test_the_report_is_made_once_in_four_hours(iam: Iam) -> None:
    assert iam.refused("get_credential_report")[:2] == ("ReportNotPresent", 410)
    assert iam.generate_credential_report() == {
        "State": "STARTED",
        "Description": "No report exists. Starting a new report generation task",
    }
    assert iam.generate_credential_report() == {"State": "INPROGRESS"}
    assert iam.refused("get_credential_report")[:2] == ("ReportInProgress", 404)
    await iam.aws.advance(seconds=2)
    assert iam.generate_credential_report() == {"State": "COMPLETE"}
    made = iam.get_credential_report()
    assert (made["ReportFormat"], made["GeneratedTime"]) == ("text/csv", iam.aws.now)
    iam.create_user(UserName="late")
    await iam.aws.advance(seconds=4 * 3600 - 1)
    assert iam.get_credential_report() == made
    await iam.aws.advance(seconds=1)
    assert iam.refused("get_credential_report")[:2] == ("ReportExpired", 410)
    assert iam.generate_credential_report()["State"] == "STARTED"


async def test_the_lines_of_the_report(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    iam.create_user(UserName="bare")
    iam.update_account_password_policy(MaxPasswordAge=10)
    iam.create_login_profile(UserName="alice", Password="Correct-Horse-9")
    first = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document("iam:*"))
    alice = iam.as_user("alice")
    alice.aws.access_key_id = first
    alice.get_user()
    await iam.aws.advance(seconds=60)
    iam.update_access_key(UserName="alice", AccessKeyId=first, Status="Inactive")
    lines = await report(iam)
    assert list(lines) == ["<root_account>", "alice", "bare"]
    root = lines["<root_account>"]
    assert root["arn"] == "arn:aws:iam::111122223333:root"
    assert (root["password_enabled"], root["password_last_changed"]) == ("not_supported", "not_supported")
    line = lines["alice"]
    assert line["user_creation_time"] == "2026-01-01T00:00:00+00:00"
    assert (line["password_enabled"], line["password_last_used"]) == ("true", "no_information")
    assert line["password_next_rotation"] == "2026-01-11T00:00:00+00:00"
    assert (line["access_key_1_active"], line["access_key_1_last_rotated"]) == ("false", "2026-01-01T00:01:00+00:00")
    assert line["access_key_1_last_used_date"] == "2026-01-01T00:00:00+00:00"
    assert (line["access_key_1_last_used_region"], line["access_key_1_last_used_service"]) == ("us-east-1", "iam")
    assert (line["access_key_2_active"], line["access_key_2_last_rotated"]) == ("false", "N/A")
    bare = lines["bare"]
    assert (bare["password_enabled"], bare["password_last_used"], bare["mfa_active"]) == ("false", "N/A", "false")


def test_the_summary_counts(iam: Iam) -> None:
    iam.create_user(UserName="u")
    iam.attach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Users"], summary["Roles"], summary["PolicyVersionsInUse"]) == (1, 1, 1)
    quotas = {name: value for name, value in summary.items() if name.endswith("Quota")}
    assert quotas == {
        "UsersQuota": 5000,
        "GroupsQuota": 300,
        "RolesQuota": 1000,
        "InstanceProfilesQuota": 1000,
        "PoliciesQuota": 1500,
        "PolicyVersionsInUseQuota": 10000,
        "VersionsPerPolicyQuota": 5,
        "PolicySizeQuota": 6144,
        "UserPolicySizeQuota": 2048,
        "GroupPolicySizeQuota": 5120,
        "RolePolicySizeQuota": 10240,
        "AssumeRolePolicySizeQuota": 2048,
        "AttachedPoliciesPerUserQuota": 10,
        "AttachedPoliciesPerGroupQuota": 10,
        "AttachedPoliciesPerRoleQuota": 10,
        "GroupsPerUserQuota": 10,
        "AccessKeysPerUserQuota": 2,
        "SigningCertificatesPerUserQuota": 2,
        "ServerCertificatesQuota": 20,
    }


def test_authorization_details(iam: Iam) -> None:
    arn = iam.create_policy(PolicyName="p", PolicyDocument=document())["Policy"]["Arn"]
    iam.create_user(UserName="u", PermissionsBoundary=arn)
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="u")
    iam.put_group_policy(GroupName="g", PolicyName="inline", PolicyDocument=document("s3:*"))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    iam.create_instance_profile(InstanceProfileName="i")
    iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    whole = iam.get_account_authorization_details()
    assert whole["UserDetailList"][0]["GroupList"] == ["g"]
    assert whole["UserDetailList"][0]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    inline = whole["GroupDetailList"][0]["GroupPolicyList"][0]
    assert json.loads(unquote(inline["PolicyDocument"]))["Statement"][0]["Action"] == "s3:*"
    role = whole["RoleDetailList"][0]
    assert role["AttachedManagedPolicies"][0]["PolicyName"] == "IAMReadOnlyAccess"
    assert role["InstanceProfileList"][0]["InstanceProfileName"] == "i"
    assert [policy["PolicyName"] for policy in whole["Policies"]] == ["p", "IAMReadOnlyAccess"]
    assert unquote(whole["Policies"][0]["PolicyVersionList"][0]["Document"]) == document()
    only = iam.get_account_authorization_details(Filter=["LocalManagedPolicy"])
    assert [policy["PolicyName"] for policy in only["Policies"]] == ["p"]
    assert only["UserDetailList"] == []
    pages: list[dict[str, Any]] = []
    marker: dict[str, str] = {}
    while True:
        pages.append(iam.get_account_authorization_details(MaxItems=2, **marker))
        if not pages[-1]["IsTruncated"]:
            break
        marker = {"Marker": pages[-1]["Marker"]}
    assert len(pages) == 3


async def finished(iam: Iam, arn: str, granularity: str = "SERVICE_LEVEL") -> dict[str, Any]:
    job = iam.generate_service_last_accessed_details(Arn=arn, Granularity=granularity)["JobId"]
    assert iam.get_service_last_accessed_details(JobId=job)["JobStatus"] == "IN_PROGRESS"
    await iam.aws.advance(seconds=1)
    details = iam.get_service_last_accessed_details(JobId=job)
    assert details["JobStatus"] == "COMPLETED"
    return details | {"JobId": job}


async def test_services_last_accessed_by_a_user(iam: Iam) -> None:
    user = iam.create_user(UserName="alice")["User"]
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document(["iam:Get*", "sqs:SendMessage"]))
    await iam.aws.advance(seconds=90)
    used = iam.aws.now // 60_000 * 60_000
    iam.as_user("alice").get_user()
    iam.as_user("alice").refused("list_users")
    details = await finished(iam, user["Arn"], "ACTION_LEVEL")
    assert [each["ServiceNamespace"] for each in details["ServicesLastAccessed"]] == ["iam", "sqs"]
    mine, other = details["ServicesLastAccessed"]
    assert (mine["LastAuthenticated"], mine["LastAuthenticatedEntity"]) == (used, user["Arn"])
    assert mine["TotalAuthenticatedEntities"] == 1
    # An attempt counts, whether or not it was allowed.
    assert [each["ActionName"] for each in mine["TrackedActionsLastAccessed"]] == ["GetUser", "ListUsers"]
    assert other == {
        "ServiceName": "Amazon Simple Queue Service",
        "ServiceNamespace": "sqs",
        "TotalAuthenticatedEntities": 0,
        "TrackedActionsLastAccessed": [],
    }


async def test_services_last_accessed_by_who_has_a_policy(iam: Iam) -> None:
    arn = iam.create_policy(PolicyName="p", PolicyDocument=document("iam:*"))["Policy"]["Arn"]
    iam.create_group(GroupName="g")
    iam.attach_group_policy(GroupName="g", PolicyArn=arn)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    iam.create_user(UserName="alice")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.as_role("r").list_users()
    details = await finished(iam, arn)
    assert details["ServicesLastAccessed"][0]["TotalAuthenticatedEntities"] == 1
    entities = iam.get_service_last_accessed_details_with_entities(JobId=details["JobId"], ServiceNamespace="iam")
    shown = {each["EntityInfo"]["Name"]: "LastAuthenticated" in each for each in entities["EntityDetailsList"]}
    assert shown == {"alice": False, "r": True}
    assert iam.get_role(RoleName="r")["Role"]["RoleLastUsed"]["Region"] == "us-east-1"


def test_jobs_and_subjects_that_are_not_there(iam: Iam) -> None:
    assert iam.refused("get_service_last_accessed_details", JobId="0" * 36)[0] == "NoSuchEntity"
    assert (
        iam.refused("generate_service_last_accessed_details", Arn="arn:aws:iam::111122223333:user/nobody")[0]
        == "NoSuchEntity"
    )


def test_last_use_survives_a_restart(tmp_path) -> None:
    iam = Iam(new_iam_world(tmp_path))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document("iam:*"))
    iam.as_role("r").list_users()
    used = iam.get_role(RoleName="r")["Role"]["RoleLastUsed"]
    assert used["LastUsedDate"] == iam.aws.now
    iam.world.close()
    again = Iam(new_iam_world(tmp_path))
    assert again.get_role(RoleName="r")["Role"]["RoleLastUsed"] == used
    again.world.close()


def test_policies_that_grant_access(iam: Iam) -> None:
    user = iam.create_user(UserName="alice")["User"]
    iam.put_user_policy(UserName="alice", PolicyName="inline", PolicyDocument=document("sqs:*"))
    iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
    listed = iam.list_policies_granting_service_access(Arn=user["Arn"], ServiceNamespaces=["sqs", "ec2"])
    assert listed["PoliciesGrantingServiceAccess"] == [
        {
            "ServiceNamespace": "sqs",
            "Policies": [
                {"PolicyName": "inline", "PolicyType": "INLINE", "EntityType": "USER", "EntityName": "alice"},
                {
                    "PolicyName": "AmazonSQSFullAccess",
                    "PolicyType": "MANAGED",
                    "PolicyArn": "arn:aws:iam::aws:policy/AmazonSQSFullAccess",
                },
            ],
        },
        {"ServiceNamespace": "ec2", "Policies": []},
    ]
