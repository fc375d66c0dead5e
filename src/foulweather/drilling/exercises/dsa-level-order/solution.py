"""A binary tree, level by level: breadth first, a whole level at a time. O(n)."""

from __future__ import annotations


class TreeNode:
    """A node of a binary tree."""

    def __init__(self, value: int, left: TreeNode | None = None, right: TreeNode | None = None) -> None:
        self.value = value
        self.left = left
        self.right = right


def level_order(root: TreeNode | None) -> list[list[int]]:
    """List the values of each level, from the top."""
    levels: list[list[int]] = []
    level = [root] if root else []
    while level:
        levels.append([node.value for node in level])
        level = [child for node in level for child in (node.left, node.right) if child]
    return levels
