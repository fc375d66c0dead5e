"""The longest substring without a repeated character: a window that slides. O(n)."""


def longest_substring(text: str) -> int:
    """Measure the longest run of characters of which none occurs twice."""
    last_seen: dict[str, int] = {}
    longest = start = 0
    for position, character in enumerate(text):
        # A sighting from before the window must not pull its edge back.
        start = max(start, last_seen.get(character, -1) + 1)
        last_seen[character] = position
        longest = max(longest, position - start + 1)
    return longest
