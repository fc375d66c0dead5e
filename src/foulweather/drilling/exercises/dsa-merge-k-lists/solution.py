"""Merge k sorted lists: in pairs, until one is left. O(n log k)."""

from __future__ import annotations


class ListNode:
    """A node of a linked list."""

    def __init__(self, value: int, next: ListNode | None = None) -> None:
        self.value = value
        self.next = next


def merge_lists(heads: list[ListNode | None]) -> ListNode | None:
    """Merge sorted lists into one."""
    lists = list(heads)
    while len(lists) > 1:
        # Each round halves the lists and touches each element once.
        odd = [lists.pop()] if len(lists) % 2 else []
        lists = [merge_two(one, other) for one, other in zip(lists[::2], lists[1::2], strict=True)] + odd
    return lists[0] if lists else None


def merge_two(one: ListNode | None, other: ListNode | None) -> ListNode | None:
    """Merge two sorted lists by re-linking their nodes."""
    tail = before = ListNode(0)
    while one and other:
        if other.value < one.value:
            one, other = other, one
        tail.next = tail = one
        one = one.next
    tail.next = one or other
    return before.next
