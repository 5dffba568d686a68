"""What a person searches for, as patterns for `like … escape '!'`."""

WHOLE_NUMBER = 7
"""From so many digits on it is a whole number and no part of one: then zeros in front are a way of dialling."""


def containing(words: str) -> str:
    """Matches whatever holds these words; give both sides in lower case."""
    escaped = words.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"


def containing_digits(words: str) -> str:
    """Matches numbers that hold the digits of these words, however they are written; words with a letter match no number."""
    digits = "".join(letter for letter in words.replace("(0)", "") if letter.isdigit())
    if not digits or any(letter.isalpha() for letter in words):
        return ""
    if len(digits) >= WHOLE_NUMBER:
        digits = digits.lstrip("0") or digits
    return f"%{digits}%"
