"""0/1 knapsack."""


def knapsack(weights: list[int], values: list[int], capacity: int) -> int:
    """Find the largest total value that fits."""
    raise NotImplementedError("write knapsack")
