from __future__ import annotations

import pytest

from harness import Aws
from services.xray.sent import Traces


@pytest.fixture
def traces(aws: Aws) -> Traces:
    return Traces(aws)
