"""Reading a request's query into types that cannot be wrong."""

from typing import TypeVar

from starlette.requests import Request

from server.domain.errors import Invalid
from server.domain.wanted import LONGEST_WORDS
from server.endpoints.bodies import checked_id

C = TypeVar("C", bound=str)

MOST_IDS = 200
"""More make an address that is too long for some proxies."""
LARGEST = 2**53 - 1


def number_in(request: Request, name: str) -> int | None:
    """A number of an event, 0 or more; None where it is absent. Raises `Invalid`."""
    given = request.query_params.get(name)
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 16 and int(given) <= LARGEST):
        raise Invalid(f"`{name}` is a whole number, 0 or more.", field=name)
    return int(given)


def words_in(request: Request, name: str) -> str:
    """What a person searches for, trimmed; empty where it is absent. Raises `Invalid`."""
    given = request.query_params.get(name, "").strip()
    if len(given) > LONGEST_WORDS:
        raise Invalid(f"`{name}` has at most {LONGEST_WORDS} characters.", field=name)
    return given


def choice_in(request: Request, name: str, choices: tuple[C, ...], usual: C) -> C:
    """One of a few words. Raises `Invalid`."""
    given = request.query_params.get(name)
    if given is None:
        return usual
    for choice in choices:
        if choice == given:
            return choice
    raise Invalid(f"`{name}` is one of {', '.join(choices)}.", field=name)


def truth_in(request: Request, name: str) -> bool | None:
    """true or false, None where it is absent. Raises `Invalid`."""
    given = request.query_params.get(name)
    if given is None:
        return None
    return choice_in(request, name, ("true", "false"), "true") == "true"


def ids_in(request: Request, name: str) -> list[str] | None:
    """Ids between commas; None where it is absent. Raises `Invalid` for too many, `NotFound` for what no id looks like."""
    given = request.query_params.get(name)
    if given is None:
        return None
    ids = [checked_id(id) for id in given.split(",") if id]
    if len(ids) > MOST_IDS:
        raise Invalid(f"`{name}` has at most {MOST_IDS} ids.", field=name)
    return ids


def some_of(request: Request, name: str, choices: tuple[str, ...]) -> tuple[str, ...]:
    """Words between commas, each one of `choices`; none where it is absent. Raises `Invalid`."""
    given = tuple(word for word in request.query_params.get(name, "").split(",") if word)
    if not set(given) <= set(choices):
        raise Invalid(f"`{name}` is made of {', '.join(choices)}.", field=name)
    return given


def id_in(request: Request, name: str) -> str | None:
    """An id, None where it is absent or empty. Raises `NotFound` for what no id looks like."""
    given = request.query_params.get(name)
    return checked_id(given) if given else None
