"""Where attachments are kept: whether one can be written, read and removed there."""

import time

from server.ids import new_id
from server.operate.finding import Finding, failed, ok
from server.settings import Settings
from server.store.database import Unavailable
from server.store.files import open_files


async def look_media(settings: Settings) -> Finding:
    files, id = open_files(settings.media_url), new_id(time.time_ns() // 1_000)
    try:
        await files.write(id, b"doctor", None)
        stored = await files.read(id)
        kept = b"" if stored is None else b"".join([chunk async for chunk in stored.chunks])
        await files.remove(id)
    except Unavailable as error:
        return failed("attachments", str(error), "Look at MEDIA_URL, and at the folder's rights or the bucket's keys.")
    if kept != b"doctor":
        return failed("attachments", "what was kept came back changed", "Look at MEDIA_URL: is another installation's place the same?")
    return ok("attachments", f"can be kept in {settings.media_url.split('?')[0]}")
