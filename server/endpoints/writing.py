"""The calls by which people write together, as the API's document describes them."""

from collections.abc import Mapping

from server.desk.shapes import MessageShape
from server.endpoints.messages import NewNote
from server.endpoints.operation import Operation

C = "/api/v1/conversations"

WRITING: Mapping[str, Operation] = {
    f"POST {C}/{{id}}/notes": Operation(
        "Messages",
        "Write an internal note: never sent, and no answer. Whom it mentions is alerted and takes part.",
        MessageShape,
        201,
        NewNote,
        refuses=("client_id_conflict",),
    ),
}
