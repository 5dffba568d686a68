"""A link is good for one file, for some hours, in the house that made it."""

from server.store.links import HOURS, Links

NOW = 1_795_000_000_000_000
HOUR_US = 3600 * 1_000_000


def parts(path: str) -> tuple[str, str, str]:
    _, media, id, until, key = path.split("/")
    assert media == "media"
    return id, until, key


def test_a_link_is_good_until_its_time_is_over() -> None:
    links = Links("s" * 32)
    id, until, key = parts(links.path("01jd", NOW))
    assert links.good(id, until, key, NOW)
    assert links.good(id, until, key, NOW + HOURS * HOUR_US - 1_000_000)
    assert not links.good(id, until, key, NOW + HOURS * HOUR_US)
    assert HOURS > 10, "for so long Twilio may keep a message in its queue"


def test_a_link_that_was_changed_or_made_elsewhere_is_not() -> None:
    links = Links("s" * 32)
    id, until, key = parts(links.path("01jd", NOW))
    assert not links.good("01je", until, key, NOW)
    assert not links.good(id, str(int(until) + 1), key, NOW)
    assert not links.good(id, until, key[:-1], NOW)
    assert not links.good(id, "x", key, NOW)
    assert not links.good(id, until, "ü\udc80", NOW)
    assert not Links("t" * 32).good(id, until, key, NOW)
