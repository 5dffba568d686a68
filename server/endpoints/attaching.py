"""The calls about attachments and the numbers that take them, as the API's document describes them."""

from collections.abc import Mapping

from server.desk.numbers import MyDids
from server.desk.shapes import MediaShape
from server.domain.media import EXTENSIONS
from server.endpoints.operation import Asked, Operation

_TYPES = tuple(EXTENSIONS)

ATTACHING: Mapping[str, Operation] = {
    "POST /api/v1/media": Operation(
        "Media",
        "Bring a picture, a video, sound, a contact card or a PDF of up to 5 MB. It waits a day for the message that names it.",
        MediaShape,
        201,
        refuses=("media_type", "unknown_field"),
        uploads=True,
    ),
    "GET /api/v1/media/{id}": Operation(
        "Media",
        "An attachment as it is, or a picture's thumbnail: a WebP of at most 480 pixels a side.",
        serves=_TYPES,
        asks=(Asked("thumbnail", int, "1 for the thumbnail."),),
    ),
    "GET /media/{id}/{until}/{key}": Operation(
        "Media", "For carriers: an attachment on its way out, by a link that is good for 12 hours.", who="anybody", serves=_TYPES
    ),
    "GET /api/v1/dids/mine": Operation("Dids", "The numbers that one may send from; the first is the usual one.", MyDids),
}
