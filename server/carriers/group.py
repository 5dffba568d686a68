"""To whom else a text went that a person sent to several at once: Telnyx and Bandwidth list them."""

from collections.abc import Iterable

MOST = 20
"""Numbers that are kept; no carrier lets a text go to more than ten."""
LONGEST = 32


def others(listed: Iterable[object], ours: str) -> tuple[str, ...]:
    """All numbers but `ours`, each once, as the carrier wrote them, who writes a number alone or in an object. What is no number in
    these lists spoils no text, and is left out."""
    numbers = (each.get("phone_number") if isinstance(each, dict) else each for each in listed)
    kept = (number for number in numbers if isinstance(number, str) and 0 < len(number) <= LONGEST and number.isprintable())
    return tuple(number for number in dict.fromkeys(kept) if number != ours)[:MOST]
