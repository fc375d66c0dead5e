"""Imports of a new table from S3.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.HowItWorks.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.dynamodb import definitions, encryption, limits, refusals, transfers
from foulweather.services.dynamodb.creating import check_quotas, new_row
from foulweather.services.dynamodb.records import Transfer
from foulweather.services.dynamodb.state import DynamoState
from foulweather.services.dynamodb.tokens import digest_of

if TYPE_CHECKING:
    from aws_types.dynamodb import (
        DescribeImportInput,
        DescribeImportOutput,
        ImportTableInput,
        ImportTableOutput,
        ListImportsInput,
        ListImportsOutput,
    )

COPIED = ("ClientToken", "S3BucketSource", "InputFormat", "InputFormatOptions", "TableCreationParameters")
LISTED = ("ImportArn", "ImportStatus", "TableArn", "S3BucketSource", "InputFormat", "StartTime", "EndTime")


@refusals.in_words
def import_table(call: Call, request: ImportTableInput) -> ImportTableOutput:
    """Make a table of the objects under a prefix; it is CREATING until all of them have been read."""
    definitions.check_model(call, request)
    transfers.refuse_format(call, "InputFormat", request["InputFormat"], ("DYNAMODB_JSON", "CSV"))
    transfers.refuse_format(call, "InputCompressionType", request.get("InputCompressionType"), ("GZIP", "NONE"))
    if request.get("InputFormatOptions") is not None and request["InputFormat"] != "CSV":
        raise refusals.validation("InputFormatOptions can only be specified when InputFormat is CSV")
    state, digest = call.state(DynamoState), digest_of(request)
    held = transfers.again(call, state.imports, request, digest, "ImportConflictException")
    if held is not None:
        return {"ImportTableDescription": held.told}  # type: ignore[typeddict-item]
    asked: Any = request["TableCreationParameters"]
    name = definitions.new_name(asked)
    row = new_row(call, name, asked)
    wanted = encryption.checked_encryption(call, asked.get("SSESpecification"))
    if name in state.tables:
        raise refusals.table_exists(row.arn, name)
    transfers.check_count(state.imports, "ImportStatus", limits.IMPORTS_MAX, "imports")
    check_quotas(call, state, row)
    encryption.seal(call, row, wanted)
    state.add(row, call.now)
    encryption.start_looking(call, row)
    arn = f"{row.arn}/import/{call.now:014d}-{call.world.ids.hex(8)}"
    told: dict[str, Any] = {
        "ImportArn": arn,
        "ImportStatus": "IN_PROGRESS",
        "TableArn": row.arn,
        "TableId": row.id,
        "ErrorCount": 0,
        "InputCompressionType": request.get("InputCompressionType", "NONE"),
        "StartTime": call.now,
        **{each: request[each] for each in COPIED if request.get(each) is not None},  # type: ignore[literal-required]
    }
    state.imports.put(arn, Transfer(arn, told, call.principal, digest))
    call.changed("dynamodb.ImportStarted", arn, TableName=name, S3BucketSource=request["S3BucketSource"])
    call.later(call.now + limits.TRANSFER_MS, "dynamodb.import_table", arn=arn)
    return {"ImportTableDescription": told}  # type: ignore[typeddict-item]


def describe_import(call: Call, request: DescribeImportInput) -> DescribeImportOutput:
    """An import and how it is going."""
    definitions.check_model(call, request)
    arn = request["ImportArn"]
    held = call.state(DynamoState).imports.get(arn)
    if held is None:
        raise AwsError("ImportNotFoundException", f"Import not found: {arn}", facts=(Fact(arn, "exists", False),))
    return {"ImportTableDescription": held.told}  # type: ignore[typeddict-item]


def list_imports(call: Call, request: ListImportsInput) -> ListImportsOutput:
    """The account's imports in this Region, or those of one table."""
    definitions.check_model(call, request)
    told, token = transfers.listed(call.state(DynamoState).imports, request, "PageSize", LISTED)
    return {"ImportSummaryList": told, **({"NextToken": token} if token else {})}  # type: ignore[return-value, typeddict-item]
