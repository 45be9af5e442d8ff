"""Objects that programs of tests display: their source."""

from __future__ import annotations

#: Classes with one form each: a green square, a red one.
SQUARES = """\
import struct, zlib
from sphinx_await import display

class Svg:
    def _repr_svg_(self):
        square = "<rect width='9' height='9' fill='green'/>"
        return f"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>{square}</svg>"

class Png:
    def _repr_png_(self):
        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        size = chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 9, 8, 2, 0, 0, 0))
        rows = chunk(b"IDAT", zlib.compress((b"\\0" + b"\\xff\\0\\0" * 9) * 9))
        return b"\\x89PNG\\r\\n\\x1a\\n" + size + rows + chunk(b"IEND", b""), {"width": 9}
"""
