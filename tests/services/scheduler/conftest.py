from __future__ import annotations

import pytest

from harness import Aws
from services.scheduler.timed import Times


@pytest.fixture
def times(aws: Aws) -> Times:
    return Times(aws)
