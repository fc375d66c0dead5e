"""A binary tree, level by level."""

from __future__ import annotations


class TreeNode:
    """A node of a binary tree."""

    def __init__(self, value: int, left: TreeNode | None = None, right: TreeNode | None = None) -> None:
        self.value = value
        self.left = left
        self.right = right


def level_order(root: TreeNode | None) -> list[list[int]]:
    """List the values of each level, from the top."""
    raise NotImplementedError("write level_order")
