"""The Amazon States Language as pure functions: no call, no world; time and chance come in through a `Scope`.

`parsing.parse(definition)` gives a `Machine` or raises `errors.InvalidDefinition`; `diagnostics.diagnostics(d)` gives
the `Diagnostic`s, `diagnostics.refusal(found)` the words of InvalidDefinition. `retrying.matches(names, error)` and
`retrying.delay_ms(retrier, attempt, random)` are about errors. `variables.assigned(own, outer, new)` gives a scope's
variables, their limits checked. `context.with_item(scope, index, value, key)` gives the scope of a Map's iteration.
Everything else hangs on the records of `records.py`.
"""
