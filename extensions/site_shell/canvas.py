"""A canvas of pixels, and PNG: as much as a card needs, so that no library for images is needed."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

#: A colour, as red, green and blue of 0 to 255.
Colour = tuple[int, int, int]
#: Points of a pixel, along each side, that decide how much of it a disc covers.
_SAMPLES = 4


@dataclass
class Canvas:
    """Pixels, by rows from the top."""

    width: int
    height: int
    paper: Colour
    pixels: bytearray = field(init=False)

    def __post_init__(self) -> None:
        self.pixels = bytearray(bytes(self.paper) * (self.width * self.height))

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Fill a rectangle; edges are those of pixels."""
        first, last = max(0, round(left)), min(self.width, round(right))
        row = bytes(colour) * max(0, last - first)
        for y in range(max(0, round(top)), min(self.height, round(bottom))):
            start = (y * self.width + first) * 3
            self.pixels[start : start + len(row)] = row

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Fill a circle with a smooth edge."""
        steps = [(step + 0.5) / _SAMPLES for step in range(_SAMPLES)]
        for row in range(max(0, int(y - radius)), min(self.height, int(y + radius) + 1)):
            for column in range(max(0, int(x - radius)), min(self.width, int(x + radius) + 1)):
                if _farthest(column, x) ** 2 + _farthest(row, y) ** 2 <= radius**2:  # most are: no sample is outside
                    at = (row * self.width + column) * 3
                    self.pixels[at : at + 3] = bytes(colour)
                    continue
                inside = sum(
                    (column + across - x) ** 2 + (row + down - y) ** 2 <= radius**2
                    for across in steps
                    for down in steps
                )
                if inside:
                    self._mix(column, row, colour, inside / len(steps) ** 2)

    def pill(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Fill a rectangle with round ends; one that is narrower than high becomes a disc."""
        radius = (bottom - top) / 2
        left, right = left + radius, max(left + radius, right - radius)
        self.disc(left, top + radius, radius, colour)
        self.disc(right, top + radius, radius, colour)
        self.box(left, top, right, bottom, colour)

    def png(self) -> bytes:
        """The picture as a file."""
        size = self.width * 3
        # Each row differs from the one above in little: filter 2 writes differences to it.
        above = bytes(size)
        rows = []
        for y in range(self.height):
            row = bytes(self.pixels[y * size : (y + 1) * size])
            rows.append(b"\0" + row if row != above else b"\2" + bytes(size))
            above = row
        head = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, chunks))

    def _mix(self, column: int, row: int, colour: Colour, share: float) -> None:
        at = (row * self.width + column) * 3
        below = self.pixels[at : at + 3]
        self.pixels[at : at + 3] = bytes(
            round(new * share + old * (1 - share)) for new, old in zip(colour, below, strict=True)
        )


def _farthest(pixel: int, centre: float) -> float:
    """How far the farther edge of a pixel is from a centre, along one axis."""
    return max(abs(pixel - centre), abs(pixel + 1 - centre))


def _chunk(chunk: tuple[bytes, bytes]) -> bytes:
    kind, data = chunk
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
