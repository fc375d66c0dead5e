from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from harness import Aws, new_aws

# How fast the machine is decides no test.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture
def aws() -> Aws:
    """The root caller of a fresh world on a held clock."""
    return new_aws()
