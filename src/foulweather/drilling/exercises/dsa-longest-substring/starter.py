"""The longest substring without a repeated character."""


def longest_substring(text: str) -> int:
    """Measure the longest run of characters of which none occurs twice."""
    raise NotImplementedError("write longest_substring")
