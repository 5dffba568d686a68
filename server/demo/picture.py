"""The one picture that the demo's people send each other, drawn here: a plan of how to find Acme."""

from io import BytesIO

from PIL import Image, ImageDraw

GROUND, STREET, LINE, HOUSE, PIN = "#e8efe4", "#ffffff", "#c9d3c4", "#5b7fc7", "#c2413a"


def plan() -> bytes:
    """A PNG of 640 x 420 pixels."""
    image = Image.new("RGB", (640, 420), GROUND)
    draw = ImageDraw.Draw(image)
    for street in ((0, 250, 640, 306), (400, 0, 452, 420)):
        draw.rectangle(street, fill=STREET, outline=LINE, width=2)
    for house in ((60, 70, 190, 190), (230, 110, 350, 200), (500, 60, 600, 200), (80, 340, 240, 400), (500, 340, 600, 400)):
        draw.rounded_rectangle(house, 10, fill="#d5ddcf", outline=LINE, width=2)
    draw.rounded_rectangle((230, 110, 350, 200), 10, fill=HOUSE)
    draw.line(((40, 278), (290, 278), (290, 205)), fill=PIN, width=6, joint="curve")
    draw.ellipse((276, 140, 304, 168), fill=PIN, outline="white", width=4)
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
