"""Lookup tables: reference data as CSV, which queries look things up in."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.logs import limits, paging, refusals
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import LogsState, LookupTable

Request = Mapping[str, Any]
# "The CSV content must … not exceed 10 MB": API_CreateLookupTable.
BODY_BYTES_MAX: Final = 10 << 20


def create_lookup_table(call: Call, request: Request) -> dict[str, Any]:
    """Make a lookup table out of CSV with a header row."""
    refusals.check_model(call, request)
    limits.check_not_given("CreateLookupTable", request, "kmsKeyId", "tags")
    state, name = call.state(LogsState), request["lookupTableName"]
    body = _checked(request["tableBody"])
    arn = call.arn("logs", f"lookup-table:{name}")
    if name in state.lookup_tables:
        raise refusals.exists("lookup table", arn)
    state.lookup_tables.put(name, LookupTable(name, arn, body, call.now, request.get("description") or ""))
    call.changed("logs.LookupTableCreated", arn, tableBytes=len(body))
    return {"lookupTableArn": arn, "createdAt": call.now}


def update_lookup_table(call: Call, request: Request) -> dict[str, Any]:
    """Replace all that is in a lookup table."""
    refusals.check_model(call, request)
    limits.check_not_given("UpdateLookupTable", request, "kmsKeyId")
    table = _found(call, request)
    table.body, table.updated_ms = _checked(request["tableBody"]), call.now
    table.description = request.get("description", table.description)
    call.state(LogsState).lookup_tables.touch(table.name)
    call.changed("logs.LookupTableUpdated", table.arn, tableBytes=len(table.body))
    return {"lookupTableArn": table.arn, "lastUpdatedTime": call.now}


def delete_lookup_table(call: Call, request: Request) -> dict[str, Any]:
    """Delete a lookup table; queries that name it are refused from now on."""
    refusals.check_model(call, request)
    table = _found(call, request)
    call.state(LogsState).lookup_tables.delete(table.name)
    call.changed("logs.LookupTableDeleted", table.arn)
    return {}


def get_lookup_table(call: Call, request: Request) -> dict[str, Any]:
    """A lookup table with its CSV."""
    refusals.check_model(call, request)
    table = _found(call, request)
    return {**_shown(table), "tableBody": table.body}


def describe_lookup_tables(call: Call, request: Request) -> dict[str, Any]:
    """A page of lookup tables, in order of name."""
    refusals.check_model(call, request)
    prefix = request.get("lookupTableNamePrefix") or ""
    found = sorted(call.state(LogsState).lookup_tables.values(), key=lambda each: each.name)
    found = [each for each in found if each.name.startswith(prefix)]
    limit = request.get("maxResults") or limits.LIST_PAGE
    page, token = paging.page(found, lambda each: each.name, limit, request.get("nextToken"))
    return {"lookupTables": [_described(each) for each in page], **token}


def _checked(body: str) -> str:
    if len(body.encode()) > BODY_BYTES_MAX:
        raise invalid("The lookup table must not exceed 10 MB.", Fact("request", "tableBody bytes", len(body.encode())))
    try:
        rows = list(csv.reader(io.StringIO(body), strict=True))
    except csv.Error as error:
        raise invalid(
            f"The lookup table is not valid CSV: {error}", Fact("request", "tableBody", body[:100])
        ) from error
    header = rows[0] if rows else []
    if not header or not all(name.strip() for name in header) or len(set(header)) < len(header):
        raise invalid("The lookup table must have a header row with column names.", Fact("request", "header", header))
    uneven = next((number for number, row in enumerate(rows, 1) if row and len(row) != len(header)), None)
    if uneven is not None:
        raise invalid(f"The lookup table must have {len(header)} columns in every row.", Fact("request", "row", uneven))
    return body


def _found(call: Call, request: Request) -> LookupTable:
    arn: str = request["lookupTableArn"]
    table = call.state(LogsState).lookup_tables.get(arn.rpartition(":lookup-table:")[2])
    if table is None or table.arn != arn:
        raise refusals.not_found("lookup table", arn)
    return table


def _shown(table: LookupTable) -> dict[str, Any]:
    told: dict[str, Any] = {
        "lookupTableArn": table.arn,
        "lookupTableName": table.name,
        "sizeBytes": len(table.body.encode()),
        "lastUpdatedTime": table.updated_ms,
    }
    return told | ({"description": table.description} if table.description else {})


def _described(table: LookupTable) -> dict[str, Any]:
    rows = [row for row in csv.reader(io.StringIO(table.body)) if row]
    return {**_shown(table), "tableFields": rows[0], "recordsCount": len(rows) - 1}
