"""OpsItems of OpsCenter: what somebody has to look at, with what it is about."""
