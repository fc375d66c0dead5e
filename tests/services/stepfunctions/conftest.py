from __future__ import annotations

import pytest

from harness import Aws
from services.stepfunctions.workflows import Workflows


@pytest.fixture
def flows(aws: Aws) -> Workflows:
    return Workflows(aws)
