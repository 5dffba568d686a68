"""Jinja filters of the templates."""


def initials(name: str) -> str:
    """At most two letters of a name, `#` where it has none; static/js/words.js does the same."""
    words = [word for word in name.split() if word[0].isalpha()]
    if not words:
        return "#"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
