"""The program that opens a stranger's picture: `python -m server.store.develop`, one run for each.

The picture comes on standard input. What goes out is a line of JSON, {"width", "height"} as it is looked at, and then the thumbnail;
or nothing, with the exit status BROKEN or TOO_LARGE. Decoders of pictures have had faults for as long as there were any: here one can
end nothing but this process, which has little memory and little time. The server imports this module for its names alone, so Pillow
is imported where it is used.
"""

import io
import json
import sys

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
BROKEN, TOO_LARGE = 3, 4
THUMBNAIL_PIXELS = 480
"""The longer side: twice what the log shows, for screens that have two pixels for one."""
MEMORY_BYTES = 1 << 30
CPU_SECONDS = 15


def main(most_pixels: int) -> int:
    import resource

    from PIL import Image, ImageOps

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    Image.MAX_IMAGE_PIXELS = None  # it is looked at below, before anything is decoded
    try:
        picture = Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=FORMATS)
        if picture.width * picture.height > most_pixels:
            return TOO_LARGE
        turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)  # lies on its side (Exif 2.3, Orientation)
        width, height = (picture.height, picture.width) if turned else (picture.width, picture.height)
        # A JPEG is decoded no larger than needed; of others the whole first frame is.
        picture.draft("RGB", (2 * THUMBNAIL_PIXELS, 2 * THUMBNAIL_PIXELS))
        picture.load()
        small = ImageOps.exif_transpose(picture)
        small = small.convert("RGBA" if small.has_transparency_data else "RGB")
        small.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
        thumbnail = io.BytesIO()
        small.save(thumbnail, "WEBP", quality=80, exif=b"", icc_profile=b"")
    except MemoryError:
        return TOO_LARGE
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, ArithmeticError):
        return BROKEN
    sys.stdout.buffer.write(json.dumps({"width": width, "height": height}).encode() + b"\n" + thumbnail.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
