"""What a person searches for, as patterns for `like … escape '!'`."""


def containing(words: str) -> str:
    """Matches whatever holds these words; give both sides in lower case."""
    escaped = words.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"


def containing_digits(words: str) -> str:
    """Matches numbers that hold the digits of these words; where there are none it matches no number."""
    digits = "".join(letter for letter in words if letter.isdigit())
    return f"%{digits}%" if digits else ""
