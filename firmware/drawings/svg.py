"""A few shapes as SVG text, in the drawings' own colours. Nothing here knows what is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

INK, PALE, LINE, PAPER = "#1f2933", "#616e7c", "#9aa5b1", "#ffffff"
GREEN, AMBER, RED, BLUE, GROUND = "#1a9c50", "#d98300", "#d32f2f", "#2468b2", "#3e4c59"


class Drawing:
    """Shapes from back to front."""

    def __init__(self, width: int, height: int, title: str, description: str) -> None:
        self._lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"',
            'role="img" aria-labelledby="title description" font-family="Helvetica, Arial, sans-serif">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="description">{escape(description)}</desc>',
            f'<rect width="{width}" height="{height}" rx="14" fill="{PAPER}"/>',
        ]

    def path(self, data: str, stroke: str = INK, width: float = 2, fill: str = "none", **more: object) -> None:
        """An SVG path."""
        more = {"stroke_linejoin": "round", "stroke_linecap": "round"} | more
        self._lines.append(
            f'<path d="{data}" fill="{fill}" stroke="{stroke}" stroke-width="{width:g}"{_attributes(more)}/>'
        )

    def line(self, points: Iterable[tuple[float, float]], stroke: str = INK, width: float = 2, **more: object) -> None:
        """Straight from point to point."""
        first, *rest = points
        self.path(f"M{first[0]:g} {first[1]:g}" + "".join(f"L{x:g} {y:g}" for x, y in rest), stroke, width, **more)

    def box(self, x: float, y: float, width: float, height: float, fill: str, **more: object) -> None:
        """A rectangle by its top left corner."""
        self._lines.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}"{_attributes(more)}/>'
        )

    def dot(self, x: float, y: float, radius: float, fill: str, **more: object) -> None:
        """A circle by its middle."""
        self._lines.append(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}"{_attributes(more)}/>')

    def text(self, x: float, y: float, said: str, size: float = 14, fill: str = INK, **more: object) -> None:
        """A line of text by the start, middle or end of its base line."""
        self._lines.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{fill}"{_attributes(more)}>{escape(said)}</text>'
        )

    def written(self) -> str:
        """The file."""
        return "\n".join([*self._lines, "</svg>"]) + "\n"


def _attributes(more: dict[str, object]) -> str:
    return "".join(f' {key.replace("_", "-")}="{value}"' for key, value in more.items())
