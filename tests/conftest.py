from __future__ import annotations

import pytest

from harness import Aws, new_aws


@pytest.fixture
def aws() -> Aws:
    """The root caller of a fresh world on a held clock."""
    return new_aws()
