"""Two sum."""


def two_sum(numbers: list[int], target: int) -> list[int]:
    """Find the positions of two elements that add up to the target; none: an empty list."""
    raise NotImplementedError("write two_sum")
