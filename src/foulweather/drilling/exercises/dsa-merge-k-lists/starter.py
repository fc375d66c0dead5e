"""Merge k sorted lists."""

from __future__ import annotations


class ListNode:
    """A node of a linked list."""

    def __init__(self, value: int, next: ListNode | None = None) -> None:
        self.value = value
        self.next = next


def merge_lists(heads: list[ListNode | None]) -> ListNode | None:
    """Merge sorted lists into one."""
    raise NotImplementedError("write merge_lists")
