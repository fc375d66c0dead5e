"""Two sum: each number asks whether its partner has come by. O(n) time, O(n) space."""


def two_sum(numbers: list[int], target: int) -> list[int]:
    """Find the positions of two elements that add up to the target; none: an empty list."""
    position_of: dict[int, int] = {}
    for position, number in enumerate(numbers):
        partner = position_of.get(target - number)
        if partner is not None:
            return [partner, position]
        # Only now: a number must not be its own partner.
        position_of[number] = position
    return []
