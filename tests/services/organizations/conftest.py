from __future__ import annotations

import pytest

from harness import Aws
from services.organizations.alone import Tree, organizations_alone


@pytest.fixture
def aws() -> Aws:
    """The root caller of a fresh world on a held clock."""
    return organizations_alone()


@pytest.fixture
def tree(aws: Aws) -> Tree:
    """An organization with a unit in a unit, and an account in that."""
    return Tree(aws)
