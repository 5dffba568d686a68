"""Pictures are opened in a process of their own, and what comes out is small and says nothing of where it was taken."""

import io
import subprocess
import sys

import pytest
from PIL import Image

from server.store.pictures import Broken, Studio, TooManyPixels
from tests.fixtures.pictures import POLYGLOT, bomb, picture


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
async def test_a_picture_has_a_size_and_a_small_copy(kind: str) -> None:
    seen = await Studio().look(picture(kind, 1200, 900))
    small = Image.open(io.BytesIO(seen.thumbnail))
    assert (seen.width, seen.height, small.format, small.size) == (1200, 900, "WEBP", (480, 360))


async def test_a_small_picture_is_not_blown_up() -> None:
    small = Image.open(io.BytesIO((await Studio().look(picture(width=20, height=10))).thumbnail))
    assert small.size == (20, 10)


async def test_a_picture_that_lies_on_its_side_is_measured_as_it_is_looked_at_and_loses_what_the_camera_wrote() -> None:
    taken = picture("JPEG", 1200, 900, turned=True)
    assert b"Secretphone" in taken
    seen = await Studio().look(taken)
    small = Image.open(io.BytesIO(seen.thumbnail))
    assert (seen.width, seen.height, small.size) == (900, 1200, (360, 480))
    assert not small.getexif()
    assert b"Secretphone" not in seen.thumbnail


async def test_a_picture_one_can_see_through_stays_so() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (30, 30), (255, 0, 0, 0)).save(out, "PNG")
    small = Image.open(io.BytesIO((await Studio().look(out.getvalue())).thumbnail))
    assert small.mode == "RGBA"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK", "RGBA"])
async def test_pictures_of_every_kind_of_colour_are_opened(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (30, 20)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert (await Studio().look(out.getvalue())).width == 30


async def test_more_than_25_million_pixels_are_not_decoded() -> None:
    with pytest.raises(TooManyPixels):
        await Studio().look(bomb(5001, 5000))
    with pytest.raises(TooManyPixels):
        await Studio().look(bomb(50_000, 50_000))


async def test_25_million_pixels_are_opened_in_the_memory_that_there_is() -> None:
    assert (await Studio().look(picture("PNG", 5000, 5000))).width == 5000


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", POLYGLOT, bomb(100, 100), picture("JPEG", 600, 400)[:900], b"\xff\xd8\xff" + b"\0" * 99]
)
async def test_what_cannot_be_opened_is_broken(content: bytes) -> None:
    with pytest.raises(Broken):
        await Studio().look(content)


async def test_a_picture_that_takes_too_long_is_given_up_and_its_process_ended() -> None:
    with pytest.raises(TooManyPixels):
        await Studio(seconds=0.001).look(picture("PNG", 3000, 3000))


def test_the_server_itself_does_not_load_the_decoders() -> None:
    words = [sys.executable, "-c", "import sys, server.app; print([name for name in sys.modules if name.startswith('PIL')])"]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip() == "[]"
