"""REDIS_URL in its forms, and what is said of one that is wrong."""

import pytest

from channels.address import Form, Node, parse


@pytest.mark.parametrize(
    ("url", "form", "nodes", "service"),
    [
        ("redis://", "one", [("localhost", 6379)], ""),
        ("redis://h", "one", [("h", 6379)], ""),
        ("rediss://u:p@h:7000/3?ssl_cert_reqs=none", "one", [("h", 7000)], ""),
        ("redis://:p%40ss@[::1]:7000", "one", [("::1", 7000)], ""),
        ("unix:///run/redis.sock", "one", [("/run/redis.sock", 0)], ""),
        ("redis+sentinel://u:p@a:1,b:2,[::1]:3/calls/2", "sentinel", [("a", 1), ("b", 2), ("::1", 3)], "calls"),
        ("rediss+sentinel://:p@a,b/calls?sentinel_password=s", "sentinel", [("a", 26379), ("b", 26379)], "calls"),
        ("redis+cluster://a:1,b:2", "cluster", [("a", 1), ("b", 2)], ""),
        ("rediss+cluster://:p@a/?ssl_ca_certs=/ca.pem", "cluster", [("a", 6379)], ""),
    ],
)
def test_each_form_is_read(url: str, form: Form, nodes: list[tuple[str, int]], service: str) -> None:
    address = parse(url)
    assert (address.form, list(address.nodes), address.service) == (form, nodes, service)
    assert address.tls == url.startswith("rediss")
    assert address.nodes[0] == Node(*nodes[0])


def test_a_password_is_kept_for_its_own_servers_alone() -> None:
    address = parse("rediss+sentinel://u:own@a:1/calls?sentinel_password=theirs&ssl_cert_reqs=none")
    assert address.url == "rediss://u:own@localhost/0?ssl_cert_reqs=none"
    assert address.sentinels_url == "rediss://:theirs@localhost/?ssl_cert_reqs=none"
    assert (address.password, address.checked) == (True, False)
    assert "own" not in repr(address)
    assert "theirs" not in repr(address)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://planted@h", "must begin with redis://"),
        ("redis+sentinel:/planted", "must begin with redis://"),
        ("redis+sentinel://:planted@h:1", "must end with the name of the service"),
        ("redis+sentinel://:planted@h:1/calls/main", "nothing but a database's number"),
        ("redis+cluster://:planted@h:1/3", "a Cluster has only one"),
        ("redis+cluster://:planted@h:1,h:port", "each server as host:port"),
        ("redis+cluster://:planted@h:70000", "each server as host:port"),
        ("redis://:planted@a:1,b:2", "names several servers"),
        ("redis://:planted@h/main", "nothing but a database's number"),
        ("redis://:a?planted@h", "each server as host:port"),
        ("redis://:planted@h?decode_responses=1", "an option that is none: there are"),
        ("rediss://:planted@h?ssl_cert_reqs=maybe", "ssl_cert_reqs=required, optional or none"),
    ],
)
def test_a_wrong_one_is_told_by_a_sentence_without_what_it_holds(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as told:
        parse(url)
    assert "planted" not in str(told.value)
