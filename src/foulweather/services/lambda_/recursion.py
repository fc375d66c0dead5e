"""What happens when a function invokes itself over and over.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import naming

Request = Mapping[str, Any]


def put_function_recursion_config(call: Call, request: Request) -> dict[str, Any]:
    """Let recursive loops be, or have them ended (the default)."""
    state, function = naming.unqualified(call, request["FunctionName"])
    function.recursive_loop = request["RecursiveLoop"]
    state.functions.touch(function.name)
    call.changed("lambda.RecursionConfigSet", function.arn, RecursiveLoop=function.recursive_loop)
    return {"RecursiveLoop": function.recursive_loop}


def get_function_recursion_config(call: Call, request: Request) -> dict[str, Any]:
    """Whether recursive loops are ended."""
    _, function = naming.unqualified(call, request["FunctionName"])
    return {"RecursiveLoop": function.recursive_loop}
