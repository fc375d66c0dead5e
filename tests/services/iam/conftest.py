from __future__ import annotations

import pytest

from services.iam.calls import Iam, new_iam_world


@pytest.fixture
def iam() -> Iam:
    """The root caller of a fresh world on a held clock."""
    return Iam(new_iam_world())
