from __future__ import annotations

import json
from typing import Any

import pytest

from services.organizations.alone import ALLOW_ALL, MEMBER, Tree, deny, refusal

SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"


def request(content: str = ALLOW_ALL, kind: str = SCP, name: str = "New") -> dict[str, Any]:
    return {"Name": name, "Description": "d", "Type": kind, "Content": content}


def test_a_policy_is_written_and_read(tree: Tree) -> None:
    made = tree.aws.organizations.create_policy(request())["Policy"]
    summary = made["PolicySummary"]
    assert summary["Arn"] == (
        f"arn:aws:organizations::{tree.aws.account}:policy/{tree.organization['Id']}/service_control_policy/{summary['Id']}"
    )
    assert summary["AwsManaged"] is False
    assert made["Content"] == ALLOW_ALL
    assert tree.aws.organizations.describe_policy({"PolicyId": summary["Id"]})["Policy"] == made
    listed = tree.aws.organizations.list_policies({"Filter": SCP})["Policies"]
    assert [each["Name"] for each in listed] == ["FullAWSAccess", "New"]
    assert listed[0]["Arn"] == "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
    assert tree.aws.organizations.list_policies({"Filter": "TAG_POLICY"})["Policies"] == []


def test_a_change_is_on_record_with_who_made_it(tree: Tree) -> None:
    policy = tree.policy("Deny", deny("s3:*"))
    tree.aws.organizations.update_policy({"PolicyId": policy, "Content": deny("sqs:*"), "Name": "Other"})
    described = tree.aws.organizations.describe_policy({"PolicyId": policy})["Policy"]
    assert described["Content"] == deny("sqs:*")
    assert described["PolicySummary"]["Name"] == "Other"
    event = tree.aws.world.journal.last_change(described["PolicySummary"]["Arn"], "Content")
    assert event is not None
    assert event.kind == "organizations.PolicyUpdated"
    assert event.facts["Content"] == deny("sqs:*")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("{", SCP),
        ('{"Version":"2012-10-17","Statement":[]}', SCP),
        ('{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}', SCP),
        ('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}', RCP),
        ('{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}', RCP),
        (deny("s3:*"), RCP),
    ],
)
def test_a_malformed_policy_is_refused(tree: Tree, content: str, kind: str) -> None:
    error = refusal(tree.aws.organizations.create_policy, request(content, kind))
    assert error.code == "MalformedPolicyDocumentException"
    assert error.message == "The provided policy document does not meet the requirements of the specified policy type."


def test_a_policy_has_5120_characters_at_most(tree: Tree) -> None:
    fits = ALLOW_ALL + " " * (5_120 - len(ALLOW_ALL))
    assert tree.aws.organizations.create_policy(request(fits))
    error = refusal(tree.aws.organizations.create_policy, request(fits + " "))
    assert (error.code, error.members["Reason"]) == ("ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED")
    assert error.message == "You have exceeded the maximum policy size."


def test_names_differ_within_a_type(tree: Tree) -> None:
    tree.aws.organizations.create_policy(request())
    error = refusal(tree.aws.organizations.create_policy, request())
    assert error.code == "DuplicatePolicyException"
    assert error.message == "A policy with the specified name and type already exists."


def test_aws_own_policies_do_not_change(tree: Tree) -> None:
    for operation in ("update_policy", "delete_policy"):
        error = refusal(getattr(tree.aws.organizations, operation), {"PolicyId": "p-FullAWSAccess"})
        assert (error.code, error.members["Reason"]) == ("InvalidInputException", "IMMUTABLE_POLICY")


def test_a_policy_in_use_is_not_deleted(tree: Tree) -> None:
    policy = tree.policy("Deny", deny("s3:*"))
    tree.attach(policy, tree.outer)
    assert refusal(tree.aws.organizations.delete_policy, {"PolicyId": policy}).code == "PolicyInUseException"
    tree.detach(policy, tree.outer)
    tree.aws.organizations.delete_policy({"PolicyId": policy})
    error = refusal(tree.aws.organizations.describe_policy, {"PolicyId": policy})
    assert error.message == "You specified a policy that doesn't exist."


def test_other_types_are_not_built(tree: Tree) -> None:
    error = refusal(tree.aws.organizations.create_policy, request("{}", "BACKUP_POLICY"))
    assert error.status == 501
    assert "CreatePolicy.Type=BACKUP_POLICY" in error.message


def test_what_is_attached_where(tree: Tree) -> None:
    policy = tree.policy("Deny", deny("s3:*"))
    for target in (tree.root, tree.inner, MEMBER):
        tree.attach(policy, target)
    targets = tree.aws.organizations.list_targets_for_policy({"PolicyId": policy})["Targets"]
    assert [(each["TargetId"], each["Type"], each["Name"]) for each in targets] == [
        (tree.root, "ROOT", "Root"),
        (tree.inner, "ORGANIZATIONAL_UNIT", "Inner"),
        (MEMBER, "ACCOUNT", f"Account {MEMBER}"),
    ]
    listed = tree.aws.organizations.list_policies_for_target({"TargetId": tree.inner, "Filter": SCP})["Policies"]
    assert [each["Id"] for each in listed] == ["p-FullAWSAccess", policy]
    assert tree.aws.organizations.list_policies_for_target({"TargetId": tree.inner, "Filter": RCP})["Policies"] == []


def test_what_cannot_be_attached(tree: Tree) -> None:
    attach = tree.aws.organizations.attach_policy
    policy = tree.policy("Deny", deny("s3:*"))
    assert refusal(attach, {"PolicyId": "p-zzzzzzzz", "TargetId": MEMBER}).code == "PolicyNotFoundException"
    assert refusal(attach, {"PolicyId": policy, "TargetId": "999999999999"}).code == "TargetNotFoundException"
    tree.attach(policy, MEMBER)
    assert refusal(attach, {"PolicyId": policy, "TargetId": MEMBER}).code == "DuplicatePolicyAttachmentException"
    for n in range(3):
        tree.attach(tree.policy(f"P{n}", deny("s3:*")), MEMBER)
    error = refusal(attach, {"PolicyId": tree.policy("P4", deny("s3:*")), "TargetId": MEMBER})
    assert error.members["Reason"] == "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    assert error.message == "You have attached the maximum number of policies to the specified target."
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}],
    }
    resource = tree.policy("R", json.dumps(document), RCP)
    error = refusal(attach, {"PolicyId": resource, "TargetId": MEMBER})
    assert error.code == "PolicyTypeNotEnabledException"
    assert error.message == "This operation can be performed only for enabled policy types."


def test_one_service_control_policy_stays(tree: Tree) -> None:
    detach = tree.aws.organizations.detach_policy
    full = {"PolicyId": "p-FullAWSAccess", "TargetId": tree.outer}
    error = refusal(detach, full)
    assert error.members["Reason"] == "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    tree.attach(tree.policy("Only", ALLOW_ALL), tree.outer)
    detach(full)
    assert refusal(detach, full).code == "PolicyNotAttachedException"


def test_aws_own_resource_control_policy_stays(tree: Tree) -> None:
    tree.aws.organizations.enable_policy_type({"RootId": tree.root, "PolicyType": RCP})
    error = refusal(tree.aws.organizations.detach_policy, {"PolicyId": "p-RCPFullAWSAccess", "TargetId": tree.root})
    assert (error.code, error.members["Reason"]) == ("InvalidInputException", "NON_DETACHABLE_POLICY")


def test_disabling_a_type_forgets_its_attachments(tree: Tree) -> None:
    policy = tree.policy("Deny", deny("s3:*"))
    tree.attach(policy, tree.outer)
    scp = {"RootId": tree.root, "PolicyType": SCP}
    tree.aws.organizations.disable_policy_type(scp)
    assert tree.aws.organizations.list_targets_for_policy({"PolicyId": policy})["Targets"] == []
    tree.aws.organizations.enable_policy_type(scp)
    assert tree.aws.organizations.list_targets_for_policy({"PolicyId": policy})["Targets"] == []
    full = tree.aws.organizations.list_targets_for_policy({"PolicyId": "p-FullAWSAccess"})["Targets"]
    assert len(full) == 5
