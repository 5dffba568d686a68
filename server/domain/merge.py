"""Merge fields of saved replies: `{{contact.first_name}}` and its like. They are put in by the browser, which holds the same cases."""

import re

FIELDS = ("contact.name", "contact.first_name", "user.name", "user.first_name", "account.name")
OWN_FIELD = "contact.fields."
"""Before the name of a contact's custom field."""

_PLACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_SPACES = " \t\r\n"


def unknown_fields(body: str) -> list[str]:
    """What stands in double braces and is no merge field, each once, in order."""
    named = dict.fromkeys(place.strip(_SPACES) for place in _PLACES.findall(body))
    return [name for name in named if not _known(name)]


def _known(name: str) -> bool:
    return name in FIELDS or (name.startswith(OWN_FIELD) and len(name) > len(OWN_FIELD) and "{" not in name)
