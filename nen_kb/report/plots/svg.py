"""Makes matplotlib's SVG fit for a page: small, without ids and styles of its own, with titles and classes.

Colours become classes (``f-fails`` fills, ``s-line`` strokes), so that the page's style decides about light, dark and
paper; fonts are the page's; titles that were given to shapes become ``<title>`` elements, shown while hovering.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from markupsafe import Markup

SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.\d+")
_KEPT = {"font-size", "font-weight", "text-anchor", "stroke-width", "stroke-dasharray", "fill-opacity"}
"""What is kept of a style, as an attribute of the same name."""
_DEFAULTS = {"stroke-width": "1"}
_EMPTY = {"defs", "g"}


def fit(
    text: str, title: str, description: str, ident: str, colours: Mapping[str, str], titles: Mapping[str, str]
) -> Markup:
    """One ``<svg>`` element for a page.

    ``ident`` makes its ids unique, ``colours`` names the classes of the colours drawn with (``#123456``), ``titles``
    holds the title of each shape that was drawn under that id.
    """
    drawn = ET.fromstring(text)
    root = ET.Element("svg", {
        "xmlns": SVG, "viewBox": drawn.get("viewBox", ""), "role": "img", "class": "plot", "focusable": "false",
        "aria-labelledby": f"{ident}-t {ident}-d",
    })  # fmt: skip
    for name, words in (("title", title), ("desc", description)):
        ET.SubElement(root, name, {"id": f"{ident}-{name[0]}"}).text = words
    symbols = {each.get("id", ""): each for each in drawn.iter(f"{{{SVG}}}path") if each.get("id")}
    for child in drawn:
        _copy(child, root, symbols, colours, titles)
    return Markup(ET.tostring(root, encoding="unicode"))


def _copy(
    source: ET.Element,
    target: ET.Element,
    symbols: Mapping[str, ET.Element],
    colours: Mapping[str, str],
    titles: Mapping[str, str],
) -> None:
    """Copies a drawn element below ``target``: groups only where they hold a title, definitions never."""
    tag = source.tag.rpartition("}")[2]
    if tag in ("metadata", "defs", "style"):
        return
    if tag == "g":
        own = titles.get(source.get("id", ""))
        if own:
            target = ET.SubElement(target, "g")
            ET.SubElement(target, "title").text = own
        for child in source:
            _copy(child, target, symbols, colours, titles)
        return
    if tag == "use":
        symbol = symbols[source.get(_LINK, "").lstrip("#")]
        made = ET.SubElement(target, "path", {"d": _path(symbol.get("d", "")), "transform": _moved(source)})
    elif tag == "text":
        made = ET.SubElement(target, "text", _placed(source))
        made.text = "".join(source.itertext())
    else:
        made = ET.SubElement(target, tag, {"d": _path(source.get("d", ""))})
    made.attrib.update(_styled(source.get("style", ""), colours, tag))


def _styled(style: str, colours: Mapping[str, str], tag: str) -> dict[str, str]:
    """A style as classes and attributes."""
    found = {name.strip(): value.strip() for name, _, value in (each.partition(":") for each in style.split(";"))}
    classes, made = [], {}
    for name, letter in (("fill", "f"), ("stroke", "s")):
        value = found.get(name, "#000000" if name == "fill" else "none")
        if value == "none":
            if name == "fill":
                made["fill"] = "none"
        else:
            classes.append(f"{letter}-{colours[value]}")
    for name in sorted(_KEPT & set(found)):
        value = found[name].removesuffix("px")
        if _DEFAULTS.get(name) != value and not (name == "stroke-width" and "stroke" not in found):
            made[name] = "".join(_NUMBER.sub(_short, value))
    if tag == "text" and not classes:
        classes.append("f-text")
    return {**({"class": " ".join(classes)} if classes else {}), **made}


def _placed(source: ET.Element) -> dict[str, str]:
    """Where a text stands; its turn only if it is turned."""
    turned = source.get("transform", "")
    place = {name: _NUMBER.sub(_short, source.get(name, "")) for name in ("x", "y") if source.get(name)}
    if turned and not re.match(r"rotate\(-?0[ ,)]", turned):
        place["transform"] = _NUMBER.sub(_short, turned)
    return place


def _moved(source: ET.Element) -> str:
    x, y = (_NUMBER.sub(_short, source.get(name, "0")) for name in ("x", "y"))
    return f"translate({x} {y})"


def _path(d: str) -> str:
    return re.sub(r"\s*([MLCQz])\s*", r"\1", _NUMBER.sub(_short, d)).strip()


def _short(found: re.Match[str]) -> str:
    """A coordinate to a tenth of a unit: finer than any screen or printer shows."""
    return f"{float(found[0]):.1f}".removesuffix(".0").replace("-0", "0", 1) if found[0] == "-0.0" else (
        f"{round(float(found[0]), 1) + 0:g}"
    )  # fmt: skip
