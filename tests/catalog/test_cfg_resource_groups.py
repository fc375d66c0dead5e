"""Groups of what belongs together, through boto3 on the wire, paging and all."""

from __future__ import annotations

import json

from catalog.configurations import code_of
from foulweather.testing import Aws

PROD = {
    "Type": "TAG_FILTERS_1_0",
    "Query": json.dumps(
        {"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": [{"Key": "Stage", "Values": ["prod"]}]}
    ),
}


def test_a_group_by_tags(aws: Aws) -> None:
    sqs = aws.client("sqs")
    for n in range(120):
        sqs.create_queue(QueueName=f"q{n:03}", tags={"Stage": "prod" if n % 2 else "dev"})
    groups = aws.client("resource-groups")
    arn = groups.create_group(Name="prod", ResourceQuery=PROD, Tags={"Team": "blue"})["Group"]["GroupArn"]
    pages = groups.get_paginator("list_group_resources").paginate(Group="prod")
    assert len([each for page in pages for each in page["Resources"]]) == 60
    assert groups.get_tags(Arn=arn)["Tags"] == {"Team": "blue"}
    groups.tag(Arn=arn, Tags={"Owner": "ops"})
    groups.untag(Arn=arn, Keys=["Team"])
    assert groups.get_tags(Arn=arn)["Tags"] == {"Owner": "ops"}
    tagging = aws.client("resourcegroupstaggingapi")
    pages = tagging.get_paginator("get_resources").paginate(TagFilters=[{"Key": "Stage"}], ResourcesPerPage=50)
    assert len([each for page in pages for each in page["ResourceTagMappingList"]]) == 120
    assert code_of(groups.create_group, Name="prod", ResourceQuery=PROD) == "BadRequestException"
    groups.delete_group(Group=arn)
    assert code_of(groups.get_group, Group="prod") == "NotFoundException"


def test_an_application_and_its_resources(aws: Aws) -> None:
    aws.client("sqs").create_queue(QueueName="orders")
    groups = aws.client("resource-groups")
    shop = groups.create_group(
        Name="shop", Configuration=[{"Type": "AWS::ResourceGroups::ApplicationGroup"}], Criticality=1
    )["Group"]
    queue = "arn:aws:sqs:us-east-1:000000000000:orders"
    done = groups.group_resources(Group=shop["GroupArn"], ResourceArns=[queue])
    assert done["Succeeded"] == [queue]
    (member,) = groups.list_group_resources(Group=shop["GroupArn"])["Resources"]
    assert member["Identifier"] == {"ResourceArn": queue, "ResourceType": "AWS::SQS::Queue"}
    assert groups.list_grouping_statuses(Group=shop["GroupArn"])["GroupingStatuses"][0]["Status"] == "SUCCESS"
