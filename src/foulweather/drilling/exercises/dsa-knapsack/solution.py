"""0/1 knapsack: the best value for every number of items and every capacity. O(n·W)."""


def knapsack(weights: list[int], values: list[int], capacity: int) -> int:
    """Find the largest total value that fits."""
    # best[i][c]: the most that the first i items are worth in c.
    best = [[0] * (capacity + 1) for _ in range(len(weights) + 1)]
    for item, (weight, value) in enumerate(zip(weights, values, strict=True), start=1):
        before, now = best[item - 1], best[item]
        for room in range(capacity + 1):
            left = before[room]
            taken = before[room - weight] + value if weight <= room else 0
            now[room] = taken if taken > left else left
    return best[-1][capacity]
