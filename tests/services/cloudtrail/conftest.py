from __future__ import annotations

import pytest

from harness import Aws
from services.cloudtrail.audited import Audited, opened


@pytest.fixture
def audited(aws: Aws) -> Audited:
    """An account with a bucket that takes its logs, and no trail yet."""
    return opened(aws)
