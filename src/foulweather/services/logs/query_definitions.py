"""Queries that were saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.logs import limits, paging, refusals
from foulweather.services.logs.state import LogsState, QueryDefinition

Request = Mapping[str, Any]


def put_query_definition(call: Call, request: Request) -> dict[str, Any]:
    """Save a query, or change a saved one."""
    refusals.check_model(call, request)
    limits.check_not_given("PutQueryDefinition", request, "parameters")
    language = request.get("queryLanguage") or "CWLI"
    if language != "CWLI":
        raise not_implemented("logs", f"PutQueryDefinition.queryLanguage={language}")
    state = call.state(LogsState)
    definition_id: str = request.get("queryDefinitionId") or request.get("clientToken") or call.world.ids.uuid()
    if request.get("queryDefinitionId") and definition_id not in state.query_definitions:
        raise refusals.not_found("query definition", definition_id)
    if definition_id not in state.query_definitions and len(state.query_definitions) >= limits.QUERY_DEFINITIONS_MAX:
        raise refusals.over_limit("query definitions", limits.QUERY_DEFINITIONS_MAX, call.account)
    groups = list(request.get("logGroupNames") or [])
    saved = QueryDefinition(definition_id, request["name"], request["queryString"], call.now, groups, language)
    state.query_definitions.put(definition_id, saved)
    arn = call.arn("logs", f"query-definition:{definition_id}")
    call.changed("logs.QueryDefinitionSet", arn, name=saved.name, queryString=saved.query)
    return {"queryDefinitionId": definition_id}


def delete_query_definition(call: Call, request: Request) -> dict[str, Any]:
    """Delete a saved query."""
    refusals.check_model(call, request)
    state, definition_id = call.state(LogsState), request["queryDefinitionId"]
    if definition_id not in state.query_definitions:
        raise refusals.not_found("query definition", definition_id)
    state.query_definitions.delete(definition_id)
    call.changed("logs.QueryDefinitionDeleted", call.arn("logs", f"query-definition:{definition_id}"))
    return {"success": True}


def describe_query_definitions(call: Call, request: Request) -> dict[str, Any]:
    """A page of saved queries, in order of name."""
    refusals.check_model(call, request)
    prefix, language = request.get("queryDefinitionNamePrefix") or "", request.get("queryLanguage")
    found = sorted(call.state(LogsState).query_definitions.values(), key=lambda each: (each.name, each.id))
    found = [each for each in found if each.name.startswith(prefix) and language in (None, each.language)]
    page, token = paging.numbered(found, request.get("maxResults") or 1_000, request.get("nextToken"))
    return {"queryDefinitions": [_shown(each) for each in page], **token}


def _shown(each: QueryDefinition) -> dict[str, Any]:
    return {
        "queryDefinitionId": each.id,
        "name": each.name,
        "queryString": each.query,
        "lastModified": each.changed_ms,
        "logGroupNames": each.groups,
        "queryLanguage": each.language,
    }
