"""DynamoDB's refusals, in its words, with the facts behind them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.dynamodb.language.refusals import LanguageError, ReservedWord

F = TypeVar("F", bound=Callable[..., Any])


def in_words(run: F) -> F:
    """Have an operation answer what the language refuses as a ValidationException."""

    @wraps(run)
    def refusing(call: Any, request: Any) -> Any:
        try:
            return run(call, request)
        except ReservedWord as error:
            raise reserved(call, request, error) from None
        except LanguageError as error:
            raise validation(str(error)) from None

    return cast(F, refusing)


def validation(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """The request is not valid."""
    return AwsError("ValidationException", message, facts=facts, remedy=remedy)


def reserved(call: Any, request: Any, error: ReservedWord) -> AwsError:
    """An expression says a reserved word outright; a placeholder may stand for it.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html
    """
    name = str(request.get("TableName", ""))
    arn = name if name.startswith("arn:") else call.arn("dynamodb", f"table/{name}") if name else "the request"
    alias = f"#{error.word}"
    return validation(
        error.message,
        Fact(arn, f"reserved word in {error.parameter}", error.word),
        remedy=(
            f"Say {alias} in {error.parameter}, and "
            f"""--expression-attribute-names '{{"{alias}":"{error.word}"}}' beside it.""",
        ),
    )


def invalid(reason: str, *facts: Fact) -> AwsError:
    """A parameter's value will not do."""
    return validation(f"One or more parameter values were invalid: {reason}", *facts)


def detected(*violations: str) -> AwsError:
    """Members that break the model's constraints."""
    heading = f"{len(violations)} validation error{'' if len(violations) == 1 else 's'} detected: "
    return validation(heading + "; ".join(violations))


def constraint(path: str, value: object, words: str) -> str:
    """One member's breach of the model."""
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {words}"


def no_table(arn: str, *, named: bool = True) -> AwsError:
    """There is no table of that name; operations on items do not repeat it."""
    name = arn.rpartition("table/")[2]
    message = f"Requested resource not found: Table: {name} not found" if named else "Requested resource not found"
    return AwsError(
        "ResourceNotFoundException",
        message,
        facts=(Fact(arn, "exists", False),),
        remedy=(f"aws dynamodb create-table --table-name {name} ...",),
    )


def not_ready(arn: str, status: str) -> AwsError:
    """A table that is being made or removed takes no items."""
    return AwsError(
        "ResourceNotFoundException",
        "Requested resource not found",
        facts=(Fact(arn, "TableStatus", status),),
        remedy=(f"aws dynamodb wait table-exists --table-name {arn.rpartition('/')[2]}",),
    )


def table_exists(arn: str, name: str) -> AwsError:
    """A table of that name is there."""
    return AwsError("ResourceInUseException", f"Table already exists: {name}", facts=(Fact(arn, "exists", True),))


def table_in_use(arn: str, message: str, status: str) -> AwsError:
    """A table is in a state in which this cannot be done."""
    return AwsError("ResourceInUseException", message, facts=(Fact(arn, "TableStatus", status),))


def missing_key(name: str) -> AwsError:
    """An item without a key attribute."""
    return invalid(f"Missing the key {name} in the item")


def key_mismatch(arn: str, names: tuple[str, ...], given: dict[str, Any]) -> AwsError:
    """A Key that has not the attributes, or not the types, of the table's key."""
    return validation(
        "The provided key element does not match the schema",
        Fact(arn, "KeySchema", list(names)),
        Fact(arn, "Key of the request", {name: next(iter(value), "") for name, value in given.items()}),
        remedy=(f"aws dynamodb describe-table --table-name {arn.rpartition('/')[2]} --query Table.KeySchema",),
    )


def key_condition(arn: str, names: tuple[str, ...], given: list[str], error: LanguageError) -> AwsError:
    """A key condition that does not fit the key of the table, or of the index that it asks."""
    return validation(
        error.message,
        Fact(arn, "KeySchema", list(names)),
        Fact(arn, "attributes of the key condition", given),
        remedy=(f"aws dynamodb describe-table --table-name {arn.rpartition('/')[2]} --query Table.KeySchema",),
    )


def condition_failed(facts: tuple[Fact, ...], item: dict[str, Any] | None) -> AwsError:
    """A condition of a write does not hold."""
    members = {} if item is None else {"Item": item}
    return AwsError("ConditionalCheckFailedException", "The conditional request failed", facts=facts, members=members)
