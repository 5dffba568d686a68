"""Fields as carriers write them, urlencoded in a body or a query.

Bytes that are not UTF-8 are lone surrogates here, as in `HookRequest.form`: `readable` refuses them, `legible` marks them, and in a field
that nobody reads they do no harm. So a letter that was written wrong costs neither a text nor its other words.
"""

from urllib.parse import parse_qsl, urlsplit

from server.carriers.carrier import HookRequest, Malformed, UnsupportedType

FORM = "application/x-www-form-urlencoded"


def fields_of(request: HookRequest) -> dict[str, str]:
    """Those of the body, or of the query where it came by GET; of a name that came twice the last. Raises UnsupportedType and Malformed."""
    if request.method == "GET":
        return dict(asked(request))
    if request.media_type != FORM:
        raise UnsupportedType("not a urlencoded form")
    in_utf_8(request)
    return dict(request.form)


def in_utf_8(request: HookRequest) -> None:
    """Raises Malformed where another charset is declared."""
    if request.charset not in ("utf-8", "us-ascii"):
        raise Malformed("a charset other than UTF-8")


def asked(request: HookRequest) -> list[tuple[str, str]]:
    """The query's fields in their order, empty ones kept."""
    return parse_qsl(urlsplit(request.url).query, keep_blank_values=True, errors="surrogateescape")
