"""DynamoDB's language as pure functions: values, expressions, legacy conditions, PartiQL. It knows nothing of tables.

Items and values are in wire form (`{"S": "a"}`, blobs as bytes) and are **never changed in place**: whoever changes
one makes a new one. Every refusal is a `LanguageError`, a `ValueError` with AWS's words (`.message`): operations answer
it as `ValidationException`.

    values.py       type_of(value), equal(one, other), compare(one, other) -> -1 | 0 | 1 | None, at(item, path)
    accept.py       accepted(item) -> (item, size_bytes)     validated, numbers in stored form, measured, in one walk
                    accepted_value(value) -> (value, size_bytes)
    sizes.py        item_size(item), value_size(value), text_size(text), checked_item_size(item) (400 KB)
    keys.py         KeySchema(hash_names, sort_names, types) names as tuples, mostly of one; types: name -> "S" "N" "B"
                    hash_key(*values) -> bytes               equal bytes = the same partition key
                    sort_key(*values) -> bytes               byte order = DynamoDB's order

    placeholders.py Placeholders(names, values)              ExpressionAttributeNames and -Values, None when absent
                    .refuse_unused()                         after ALL expressions of the request have been read
    expressions.py  condition(text, placeholders) -> Condition
                    filter_condition(text, placeholders, key_names=()) -> Condition       key_names: a Query's key
                    key_condition(text, placeholders, schema) -> KeyCondition
                    update(text, placeholders, key_names=()) -> Update
                    projection(text, placeholders) -> Projection
    legacy.py       expected(Expected, ConditionalOperator) -> Condition | None
                    query_filter(QueryFilter, ConditionalOperator, key_names) -> Condition | None
                    scan_filter(ScanFilter, ConditionalOperator) -> Condition | None
                    key_conditions(KeyConditions, schema) -> KeyCondition
                    attributes_to_get(names) -> Projection
                    refuse_mixing(request, valued)           "Can not use both expression and non-expression ..."
    legacy_updates.py  attribute_updates(AttributeUpdates, key_names) -> Update
    partiql.py      statement(text, parameters) -> Select | Insert | UpdateStatement | Delete | Exists
    partiql_keys.py key_plan(where, schema) -> KeyConditions to query, None for a full scan; single_key(where, schema)

- `Condition.holds(item)`: bool; `None` is an item that does not exist. Bound to its values, for any number of items.
- `Condition.explain(item) -> list[Reason]`: what decided it, `Reason(text, path, actual, holds)`, for a Why's facts.
- `Condition.paths`: tuples such as `("a", "b", 0)`; the top-level names are `{path[0] for path in paths}`.
- `KeyCondition`: `hash_values`, `hash_value`, `hash_key` (bytes), `sort_operator` (None, "=", "<", "<=", ">", ">=",
  "BETWEEN", "begins_with"), `sort_operands`, `sort_prefix` (equalities before it, in keys of several attributes),
  `bounds() -> (low, high | None)`: it selects the sort keys `low <= key < high`.
- `Update.apply(item, size=None, existed=True) -> Applied(item, size, touched)`: the new item, its bytes, the top-level
  names written. The item must hold its key attributes: an upsert starts from the key alone, with `existed=False`.
  `size`, when known, saves measuring what did not change. `Update.creates` is False when only REMOVE and DELETE are
  asked, which make no item. `.old(before)` and `.new(after)` are what UPDATED_OLD and UPDATED_NEW return.
- `Projection.of(item) -> item`.

AWS refuses unused placeholders before it looks at the table. To keep that order, leave `key_names` out and call
`Update.refuse_key(key_names)`, `expressions.refuse_key_filter(condition, key_names)`, and, for key conditions,
`expressions.read_key_condition(text, placeholders)` and then `key_conditions.selected(tests, schema)`.
"""

from __future__ import annotations
