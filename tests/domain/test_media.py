"""SECURITY rows 46 and 47: a type is told by the first bytes, a name is only shown."""

import pytest

from server.domain.media import EXTENSIONS, LONGEST_NAME, announced_as_layout, is_layout, shown_name, type_of
from tests.fixtures.pictures import AMR, CARD, HTML, MP4, PDF, POLYGLOT, SVG, THREE_GP, picture

ALLOWED = {
    "image/jpeg": picture("JPEG"),
    "image/png": picture("PNG"),
    "image/gif": picture("GIF"),
    "image/webp": picture("WEBP"),
    "video/mp4": MP4,
    "video/3gpp": THREE_GP,
    "audio/amr": AMR,
    "text/vcard": CARD,
    "application/pdf": PDF,
}


@pytest.mark.parametrize("type", EXTENSIONS)
def test_every_type_that_is_let_in_is_known_by_its_bytes(type: str) -> None:
    assert type_of(ALLOWED[type]) == type


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        HTML,
        SVG,
        b'<?xml version="1.0"?>' + SVG,
        b"MZ\x90\0",
        b"PK\x03\x04",
        b"RIFF\0\0\0\0WAVE",
        b"\0\0\0\x18ftypheic",
        b"\0\0\0\x18ftypqt  ",
        b" %PDF-1.4",
        HTML + PDF,
        b"BEGIN:VCARD" + HTML,
        b"BEGIN:VCARD\r\n\0\r\nEND:VCARD",
        b"begin: vcard\r\nEND:VCARD",
        b"#!/bin/sh\n",
    ],
    ids=repr,
)
def test_everything_else_is_of_no_type(content: bytes) -> None:
    assert type_of(content) is None


def test_a_script_that_starts_as_a_picture_is_taken_for_that_picture() -> None:
    assert type_of(POLYGLOT) == "image/gif", "so it is opened as one, which fails, and never served as a script"


def test_a_contact_card_may_have_a_mark_of_its_encoding_and_lower_case() -> None:
    assert type_of(b"\xef\xbb\xbf" + CARD) == type_of(CARD.lower()) == "text/vcard"


@pytest.mark.parametrize(
    ("given", "type", "shown"),
    [
        ("photo.PNG", "image/png", "photo.png"),
        ("../../etc/passwd", "image/png", "passwd.png"),
        ("C:\\Users\\maria\\holiday.jpeg", "image/jpeg", "holiday.jpeg"),
        ("invoice.pdf.html", "application/pdf", "invoice.pdf.html.pdf"),
        ("con.txt", "text/vcard", "con.txt.vcf"),
        ("a\0b\x1f\r\nc.gif", "image/gif", "abc.gif"),
        ("gpj.\u202egnp.png", "image/png", "gpj.gnp.png"),
        ("", "image/webp", "image.webp"),
        ("..", "video/mp4", "video.mp4"),
        (".png", "image/png", "image.png"),
        ("Größe 🙂.png", "image/png", "Größe 🙂.png"),
        ("<img src=x>.png", "image/png", "<img src=x>.png"),
    ],
)
def test_a_name_is_shown_without_folders_or_hidden_characters_and_ends_as_its_type_does(given: str, type: str, shown: str) -> None:
    assert shown_name(given, type) == shown


def test_a_long_name_is_cut_before_its_ending() -> None:
    name = shown_name("x" * 1000 + ".jpg", "image/jpeg")
    assert len(name) == LONGEST_NAME
    assert name.endswith("x.jpg")


@pytest.mark.parametrize(
    ("content_type", "url", "layout"),
    [
        ("application/smil", "https://c.example/1", True),
        ("Application/SMIL; charset=utf-8", "https://c.example/1", True),
        ("text/xml", "https://c.example/1", True),
        (None, "https://c.example/media/0.smil", True),
        (None, "https://c.example/media/0.SMIL?key=a.png", True),
        ("image/svg+xml", "https://c.example/1", False),
        ("image/png", "https://c.example/1?name=a.xml", False),
        (None, "https://c.example/1", False),
    ],
)
def test_a_layout_is_known_by_its_type_or_its_name(content_type: str | None, url: str, layout: bool) -> None:
    assert announced_as_layout(content_type, url) is layout


@pytest.mark.parametrize(
    ("content", "layout"),
    [
        (b"<smil><head/></smil>", True),
        (b"\xef\xbb\xbf\r\n<?xml version='1.0'?><!DOCTYPE smil>\n<SMIL xmlns='x'>", True),
        (SVG, False),
        (HTML, False),
        (b"<!-- <smil> -->", False),
        (b"<smiley>", False),
        (b"", False),
    ],
)
def test_a_layout_is_known_by_its_first_words(content: bytes, layout: bool) -> None:
    assert is_layout(content) is layout
