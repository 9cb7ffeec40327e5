"""What all plots share: a sheet of fixed width, its colours, labels that fit, and the way to SVG."""

from __future__ import annotations

import io
import logging
import re
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
from markupsafe import Markup
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon, Rectangle
from matplotlib.transforms import Affine2D

from nen_kb.report.page import visible
from nen_kb.report.plots.svg import fit

WIDTH = 820
"""Units; 12 of them are the height of plain text, 8 points on a sheet of A4."""
LABELS = 252
"""The width of the column of clauses on the left."""
ROW = 27
TEXT, SMALL = 12.0, 10.5
_LETTER = 0.53
"""About how wide a letter is, in heights."""
COLOURS = {
    "text": "#1c2126",
    "faint": "#545c66",
    "line": "#d3d8de",
    "page": "#ffffff",
    "sure": "#0b5394",
    "maybe": "#a9cdea",
    "fails": "#d55e00",
    "lost": "#f6cfae",
    "unknown": "#dfe3e8",
    "clash": "#8e4bb0",
}
"""Names of the colours, which the style sheet redefines; here as drawn on white."""
_CLASSES = {colour: name for name, colour in COLOURS.items()}
_SETTINGS: dict[Any, object] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "nen-kb",
    "text.parse_math": False,
    "text.color": COLOURS["text"],
    "font.family": "DejaVu Sans",
    "font.size": SMALL,
    "axes.edgecolor": COLOURS["line"],
    "axes.labelcolor": COLOURS["faint"],
    "axes.linewidth": 1.0,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.color": COLOURS["line"],
    "xtick.labelcolor": COLOURS["faint"],
    "xtick.labelsize": SMALL,
    "grid.color": COLOURS["line"],
    "grid.linewidth": 1.0,
    "patch.linewidth": 1.0,
}


@contextmanager
def drawing() -> Iterator[None]:
    """Matplotlib's settings for these plots, whatever the user's own are; put back afterwards.

    Letters that the font used for measuring lacks are drawn by the reader's fonts: no cause for a warning.
    """
    log = logging.getLogger("matplotlib.font_manager")
    level = log.level
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font", category=UserWarning)
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support", category=UserWarning)
        log.setLevel(logging.ERROR)
        try:
            yield
        finally:
            log.setLevel(level)


class Canvas:
    """A sheet; places are in units from its upper left corner."""

    def __init__(self, height: float, width: float = WIDTH) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        self.figure.patch.set_visible(False)
        FigureCanvasSVG(self.figure)
        self.units = Affine2D().scale(1 / width, -1 / height).translate(0, 1) + self.figure.transFigure
        self.titles: dict[str, str] = {}

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes without a frame, counting rows downwards from 0."""
        made = self.figure.add_axes(
            (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        )
        made.patch.set_visible(False)
        for spine in made.spines.values():
            spine.set_visible(False)
        made.set_yticks([])
        made.tick_params(length=0, pad=4)
        return made

    def rows(self, left: float, top: float, width: float, count: int, most: float, row: float = ROW) -> Axes:
        """Axes of horizontal bars, one a row: row 0 is on top, values run from 0 to ``most``."""
        made = self.axes(left, top, width, count * row)
        made.set_xlim(0, max(most, 1e-9))
        made.set_ylim(count - 0.5, -0.5)
        made.xaxis.tick_top()
        return made

    def write(
        self, x: float, y: float, text: str, *, size: float = SMALL, align: str = "left", colour: str = "text",
        bold: bool = False, turned: bool = False, hover: str = "",
    ) -> None:  # fmt: skip
        """Text whose base line is at ``y``."""
        made = self.figure.text(
            x / self.width, 1 - y / self.height, visible(text), fontsize=size, ha=align, va="baseline",
            color=COLOURS[colour], fontweight="bold" if bold else "normal", rotation=90 if turned else 0,
            rotation_mode="anchor",
        )  # fmt: skip
        if hover:
            self.hover(made, hover)

    def shape(self, points: Sequence[tuple[float, float]], colour: str, *, edge: str = "", hover: str = "") -> None:
        """A filled shape with those corners."""
        made = Polygon(
            points, closed=True, facecolor=COLOURS[colour], edgecolor=COLOURS[edge] if edge else "none", linewidth=1,
            transform=self.units,
        )  # fmt: skip
        self.figure.add_artist(made)
        if hover:
            self.hover(made, hover)

    def box(
        self, x: float, y: float, width: float, height: float, colour: str, *, edge: str = "", hover: str = ""
    ) -> None:
        """A rectangle; ``x`` and ``y`` are its upper left corner."""
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        self.shape(corners, colour, edge=edge, hover=hover)

    def dot(self, x: float, y: float, radius: float, colour: str, hover: str) -> None:
        """A filled circle around a point."""
        made = Circle((x, y), radius, facecolor=COLOURS[colour], edgecolor="none", transform=self.units)
        self.figure.add_artist(made)
        self.hover(made, hover)

    def swatch(self, x: float, y: float, colour: str, text: str) -> float:
        """A patch of colour and what it stands for; where the next one may begin."""
        self.box(x, y - 9, 12, 11, colour)
        self.write(x + 17, y + 1, text, colour="faint")
        return x + 17 + 5.9 * len(text) + 16

    def hover(self, artist: Artist, text: str) -> None:
        """A text to be shown over a shape."""
        key = f"hover-{len(self.titles)}"
        artist.set_gid(key)
        self.titles[key] = visible(text)

    def label(
        self, y: float, clause: str, words: str, *, row: float = ROW, width: float = LABELS, note: str = ""
    ) -> None:
        """A clause in the column on the left, its words in two lines if one is too short; ``y`` is the row's top."""
        self.write(0, y + row / 2 + 4, clause, bold=True, size=11, hover=words)
        told = f"{words} ({note})" if note else words
        lines = wrapped(told, width - 46, 2)
        first = y + row / 2 + 3.5 - 5.7 * (len(lines) - 1)
        for number, line in enumerate(lines):
            self.write(38, first + 11.4 * number, line, size=10, colour="text", hover=f"{clause}: {told}")

    def picture(self, title: str, description: str, ident: str) -> Markup:
        """The sheet as one ``<svg>`` element."""
        stream = io.StringIO()
        self.figure.savefig(
            stream, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None}
        )
        return fit(stream.getvalue(), visible(title), visible(description), ident, _CLASSES, self.titles)


def bars(
    canvas: Canvas, axes: Axes, lengths: Sequence[float], lefts: Sequence[float], colour: str,
    hovers: Sequence[str], *, height: float = 0.66, edge: str = "",
) -> None:  # fmt: skip
    """A bar in each row whose length is not nothing, at least as wide as a hair."""
    low, high = axes.get_xlim()
    thin = (high - low) / (axes.get_position().width * canvas.width)
    for number, (length, left, hover) in enumerate(zip(lengths, lefts, hovers, strict=True)):
        if length > 0:
            made = Rectangle(
                (left, number - height / 2), max(length, thin), height, facecolor=COLOURS[colour],
                edgecolor=COLOURS[edge] if edge else "none", linewidth=1,
            )  # fmt: skip
            axes.add_artist(made)
            made.set_clip_on(False)
            canvas.hover(made, hover)


def wrapped(text: str, room: float, lines: int, size: float = 10) -> list[str]:
    """The text in at most so many lines that fit; what does not fit ends in an ellipsis."""
    letters = max(int(room / (size * _LETTER)), 4)
    return textwrap.wrap(visible(text), letters, max_lines=lines, placeholder=" …") or [""]


def ticks(axes: Axes, most: float, text: str = "{:,.0f}", count: int = 4) -> None:
    """A few round numbers above the bars, with lines down through the rows."""
    step = _round(most / count)
    places = [number * step for number in range(int(most / step * 1.0000001) + 1)]
    axes.set_xticks(places, [re.sub(r"\.0+$", "", text.format(place)) for place in places])
    axes.grid(axis="x")


def _round(step: float) -> float:
    """The next 1, 2 or 5 times a power of ten; whole for counts."""
    power = 10.0 ** len(str(int(step))) if step >= 1 else 10.0
    return max(next(power * part for part in (0.1, 0.2, 0.25, 0.5, 1) if power * part >= step), 1)
