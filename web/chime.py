"""Makes the sound of an alert, static/sounds/text.wav: two soft notes, a fifth of a second each. Run it to make the file anew."""

import math
import struct
import wave
from pathlib import Path
from typing import Final

TARGET: Final = Path(__file__).parent / "static" / "sounds" / "text.wav"
RATE: Final = 22_050
# Hertz and when each begins, seconds.
NOTES: Final = ((659.26, 0.0), (987.77, 0.11))
LASTS: Final = 0.42
LOUDNESS: Final = 0.32


def sample(at: float) -> float:
    """The height of the wave at `at` seconds, -1 to 1: each note begins at once and fades."""
    height = 0.0
    for pitch, begins in NOTES:
        age = at - begins
        if age < 0:
            continue
        fade = min(1.0, age / 0.006) * math.exp(-age * 13) * min(1.0, (LASTS - at) / 0.03)
        height += fade * (math.sin(2 * math.pi * pitch * age) + 0.25 * math.sin(4 * math.pi * pitch * age))
    return LOUDNESS * height


def main() -> None:
    """Writes 16 bits, one channel."""
    TARGET.parent.mkdir(exist_ok=True)
    heights = [round(32_767 * max(-1.0, min(1.0, sample(n / RATE)))) for n in range(round(LASTS * RATE))]
    with wave.open(str(TARGET), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(heights)}h", *heights))


if __name__ == "__main__":
    main()
