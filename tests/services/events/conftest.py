from __future__ import annotations

import pytest

from harness import Aws
from services.events.bridged import Bridge


@pytest.fixture
def bridge(aws: Aws) -> Bridge:
    return Bridge(aws)
