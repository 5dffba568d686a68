"""Where Redis is, as its URL says: one server, one that Sentinels watch over, or a Cluster."""

import re
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

Form = Literal["one", "sentinel", "cluster"]

SENTINEL_PORT, PORT = 26379, 6379
FORMS: dict[str, Form] = {"redis": "one", "redis+sentinel": "sentinel", "redis+cluster": "cluster"}
OPTIONS = {"ssl_cert_reqs", "ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_password", "ssl_check_hostname"}
SENTINEL_OPTIONS = {"sentinel_username", "sentinel_password"}
PLACE = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\[\]:@/]+)(?::(\d+))?")


class Node(NamedTuple):
    """A server's host and port; of a unix socket, its path and 0."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Address:
    """`nodes` are the server itself, the Sentinels, or some of the Cluster's servers. `url` says how to sign in at any server that holds
    channels, `sentinels_url` how at a Sentinel, both with a host that means nothing."""

    form: Form
    nodes: tuple[Node, ...]
    tls: bool
    password: bool
    checked: bool
    """Whether the servers' certificates are."""
    url: str = field(repr=False)
    sentinels_url: str = field(default="", repr=False)
    service: str = ""

    @property
    def local(self) -> bool:
        return self.nodes[0].port == 0


def parse(url: str) -> Address:
    """Raises ValueError with a sentence that holds nothing of the URL's own, since that has a password."""
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "unix":
        return Address("one", (Node(rest.partition("?")[0].rpartition("@")[2], 0),), tls=False, password=False, checked=False, url=url)
    tls = scheme.startswith("rediss")
    form = FORMS.get(scheme.replace("rediss", "redis", 1) if tls else scheme)
    if not separator or form is None:
        raise ValueError("must begin with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://")
    where, _, query = rest.partition("?")
    authority, _, path = where.partition("/")
    user, _, places = authority.rpartition("@")
    nodes = tuple(_node(place, SENTINEL_PORT if form == "sentinel" else PORT) for place in places.split(","))
    if form == "one" and len(nodes) > 1:
        raise ValueError("names several servers, which redis+sentinel:// and redis+cluster:// do")
    service, number = _path(form, path)
    options = _options(query, SENTINEL_OPTIONS if form == "sentinel" else set())
    own = {name: value for name, value in options.items() if name not in SENTINEL_OPTIONS}
    kind = "rediss" if tls else "redis"
    theirs = [quote(options.get(name, ""), safe="") for name in sorted(SENTINEL_OPTIONS, reverse=True)]
    return Address(
        form=form,
        nodes=nodes,
        tls=tls,
        password=bool(user.partition(":")[2]),
        checked=tls and options.get("ssl_cert_reqs", "required") == "required",
        url=f"{kind}://{user}{'@' if user else ''}localhost/{number}?{urlencode(own)}",
        sentinels_url=f"{kind}://{':'.join(theirs)}@localhost/?{urlencode(own)}",
        service=service,
    )


def _node(place: str, port: int) -> Node:
    found = PLACE.fullmatch(place) if place else PLACE.fullmatch("localhost")
    if found is None or not 0 < int(found[2] or port) < 65536:
        raise ValueError("must name each server as host:port, several by commas")
    return Node(found[1].strip("[]"), int(found[2] or port))


def _path(form: Form, path: str) -> tuple[str, str]:
    """The service that Sentinels know, and the database's number."""
    service, _, number = path.partition("/") if form == "sentinel" else ("", "", path)
    if form == "sentinel" and not service:
        raise ValueError("must end with the name of the service that the Sentinels know, as in redis+sentinel://host:26379/main")
    if number.strip("/") and not number.strip("/").isdigit():
        raise ValueError("must have nothing but a database's number at its end")
    if form == "cluster" and number.strip("/0"):
        raise ValueError("must have no database's number: a Cluster has only one")
    return service, number.strip("/") or "0"


def _options(query: str, more: set[str]) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if options.keys() - OPTIONS - more:
        raise ValueError(f"has an option that is none: there are {', '.join(sorted(OPTIONS | more))}")
    if options.get("ssl_cert_reqs", "required") not in ("required", "optional", "none"):
        raise ValueError("must have ssl_cert_reqs=required, optional or none")
    return options
