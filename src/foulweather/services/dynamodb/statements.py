"""PartiQL: one statement, a batch of them, or a transaction.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.services.dynamodb import refusals
from foulweather.services.dynamodb.capacity import consumed_list
from foulweather.services.dynamodb.carrying_out import BATCH_CODES, Outcome, carried_out, partiql_write, read_alone
from foulweather.services.dynamodb.language import partiql
from foulweather.services.dynamodb.language.accept import accepted_value
from foulweather.services.dynamodb.language.refusals import LanguageError
from foulweather.services.dynamodb.language.values import AttributeValue
from foulweather.services.dynamodb.parameters import check_returns, required
from foulweather.services.dynamodb.selecting import selected_page
from foulweather.services.dynamodb.state import DynamoState
from foulweather.services.dynamodb.tokens import again, digest_of, remember
from foulweather.services.dynamodb.transacting import carry_out

if TYPE_CHECKING:
    from aws_types.dynamodb import (
        BatchExecuteStatementInput,
        BatchExecuteStatementOutput,
        ExecuteStatementInput,
        ExecuteStatementOutput,
        ExecuteTransactionInput,
        ExecuteTransactionOutput,
    )

BATCH_MAX = 25
CAUSES_MAX = 10
TRANSACTION_MAX = 100
MIXED = "Batch cannot contain both read and write operations"
MIXED_TRANSACTION = "Transaction cannot contain both read and write operations"

Statement = partiql.Select | partiql.Insert | partiql.UpdateStatement | partiql.Delete | partiql.Exists


@refusals.in_words
def execute_statement(call: Call, request: ExecuteStatementInput) -> ExecuteStatementOutput:
    """Carry out one statement: read a page, or write one item."""
    required(request, "Statement")
    check_returns(request)
    limit = request.get("Limit")
    if limit is not None and limit < 1:
        words = "Member must have value greater than or equal to 1"
        raise refusals.detected(refusals.constraint("limit", limit, words))
    statement = _statement(request)
    if isinstance(statement, partiql.Exists):
        raise refusals.validation("Unsupported operation: EXISTS can only be used in a transaction")
    if isinstance(statement, partiql.Select):
        return selected_page(call, request, statement)  # type: ignore[return-value]
    outcome = carried_out(call, request, statement)
    result: dict[str, Any] = {"Items": outcome.items}
    told = consumed_list(request.get("ReturnConsumedCapacity"), outcome.spent)
    if told:
        result["ConsumedCapacity"] = told[0]
    return result  # type: ignore[return-value]


@refusals.in_words
def batch_execute_statement(call: Call, request: BatchExecuteStatementInput) -> BatchExecuteStatementOutput:
    """Carry out up to 25 statements on single items, each by itself."""
    required(request, "Statements")
    check_returns(request)
    given = request["Statements"]
    if not 1 <= len(given) <= BATCH_MAX:
        relation = "less" if given else "greater"
        words = f"Member must have length {relation} than or equal to {BATCH_MAX if given else 1}"
        raise refusals.detected(refusals.constraint("statements", "[...]", words))
    outcomes: list[Outcome] = []
    responses: list[dict[str, Any]] = []
    failed: list[AwsError] = []
    read: list[Statement | LanguageError] = []
    for each in given:
        try:
            read.append(_statement(each))
        except LanguageError as error:
            read.append(error)
    kinds = {isinstance(each, partiql.Select) for each in read if not isinstance(each, LanguageError)}
    if len(kinds) > 1:
        raise refusals.validation(MIXED)
    for each, statement in zip(given, read, strict=True):
        if isinstance(statement, LanguageError):
            responses.append({"Error": {"Code": "ValidationError", "Message": str(statement)}})
            continue
        table = statement.select.table if isinstance(statement, partiql.Exists) else statement.table
        response: dict[str, Any] = {"TableName": table}
        try:
            outcome = _alone(call, each, statement)
        except (AwsError, LanguageError) as error:
            response["Error"] = _error(error)
            if isinstance(error, AwsError):
                failed.append(error)
        else:
            outcomes.append(outcome)
            if outcome.items:
                response["Item"] = outcome.items[0]
        responses.append(response)
    if failed:
        _explain(call, failed, len(given))
    result: dict[str, Any] = {"Responses": responses}
    told = consumed_list(request.get("ReturnConsumedCapacity"), [each for one in outcomes for each in one.spent])
    if told:
        result["ConsumedCapacity"] = told
    return result  # type: ignore[return-value]


def _explain(call: Call, failed: list[AwsError], asked: int) -> None:
    """Put on record why statements of a batch failed: its answer tells only codes, and the batch succeeds."""
    causes = tuple({error.why.cause: error.why for error in failed}.values())[:CAUSES_MAX]
    facts = causes[0].facts
    why = Why(causes[0].decision, f"{len(failed)} of {asked} statements of a batch failed.", facts[:1], because=causes)
    call.explain("Statements", facts[0].resource if facts else call.resource, why)


def _alone(call: Call, each: Mapping[str, Any], statement: Statement) -> Outcome:
    if isinstance(statement, partiql.Exists):
        raise refusals.validation("Unsupported operation: EXISTS can only be used in a transaction")
    if isinstance(statement, partiql.Select):
        return read_alone(call, each, statement)
    return carried_out(call, each, statement)


def _error(error: AwsError | LanguageError) -> dict[str, Any]:
    if isinstance(error, LanguageError):
        return {"Code": "ValidationError", "Message": str(error)}
    code = BATCH_CODES.get(error.code)
    if code is None:
        raise error
    told: dict[str, Any] = {"Code": code, "Message": error.message}
    if "Item" in error.members:
        told["Item"] = error.members["Item"]
    return told


@refusals.in_words
def execute_transaction(call: Call, request: ExecuteTransactionInput) -> ExecuteTransactionOutput:
    """Carry out up to a hundred statements together, or none."""
    required(request, "TransactStatements")
    check_returns(request)
    given = request["TransactStatements"]
    if not 1 <= len(given) <= TRANSACTION_MAX:
        relation = "less" if given else "greater"
        words = f"Member must have length {relation} than or equal to {TRANSACTION_MAX if given else 1}"
        raise refusals.detected(refusals.constraint("transactStatements", "[...]", words))
    statements = [_statement(each) for each in given]
    reads = [isinstance(statement, partiql.Select) for statement in statements]
    if any(reads) and not all(reads):
        raise refusals.validation(MIXED_TRANSACTION)
    state = call.state(DynamoState)
    token = request.get("ClientRequestToken")
    digest = digest_of(given)
    responses: list[dict[str, Any]] = []
    if any(reads):
        outcomes = [
            read_alone(call, {**each, "ConsistentRead": True}, statement, times=2)
            for each, statement in zip(given, statements, strict=True)
            if isinstance(statement, partiql.Select)
        ]
        responses = [{"Item": outcome.items[0]} if outcome.items else {} for outcome in outcomes]
        spent = [each for outcome in outcomes for each in outcome.spent]
    elif again(call, state, token, digest) is not None:
        spent = []
    else:
        writes = [partiql_write(call, each, statement) for each, statement in zip(given, statements, strict=True)]
        _, spent = carry_out(call, writes)
        if token is not None:
            remember(call, state, token, digest)
    result: dict[str, Any] = {"Responses": responses}
    told = consumed_list(request.get("ReturnConsumedCapacity"), spent, in_transaction=True)
    if told:
        result["ConsumedCapacity"] = told
    return result  # type: ignore[return-value]


def _statement(request: Mapping[str, Any]) -> Statement:
    required(request, "Statement")
    parameters = [accepted_value(value)[0] for value in cast("list[AttributeValue]", request.get("Parameters") or [])]
    return partiql.statement(request["Statement"], parameters)
