"""What Parameter Store does by the clock: parameter policies.

https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.ssm.state import SsmState


def apply_policy(call: Call, name: str, round: int, index: int) -> None:
    """Carry out one policy of a parameter, if its policies are still these."""
    state = call.state(SsmState)
    parameter = state.parameters.get(name)
    if parameter is None or parameter.round != round:
        return
    version = state.latest(parameter)
    policy = version.policies[index]
    facts = {"policy": policy.kind, "type": version.type, "content": policy.text, "status": "Success"}
    call.happened("ssm.ParameterPolicyAction", parameter.arn, **facts)
    if policy.kind == "Expiration":
        state.remove(parameter)
        call.changed("ssm.ParameterDeleted", parameter.arn, Value=None, Expiration=policy.text)
        return
    policy.status = "Finished"
    state.versions.touch(version.row)
