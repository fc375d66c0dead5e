from __future__ import annotations

import pytest

from harness import Aws
from services.pipes.piped import Pipes


@pytest.fixture
def pipes(aws: Aws) -> Pipes:
    return Pipes(aws)
