"""The feasibility page: whole, self-contained, every number of its document on it, whatever the texts say."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import feasibility_documents as documents
import pytest

from nen_kb.explain.wording import feasibility as wording
from nen_kb.report.feasibility import page

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = {
    "a million": documents.document(),
    "three": documents.document(3),
    "nobody": documents.document(0),
    "all eligible": documents.document(2500, easy=True),
    "what if": documents.what_if(),
    "hostile": documents.hostile(),
}
PAGES = {name: page(document) for name, document in DOCUMENTS.items()}


class Reader(HTMLParser):
    """Reads a page strictly: every tag closed in order, no attribute that runs or fetches something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert len(found) == len(attrs)
        assert not [name for name in found if name.startswith("on") or name in ("src", "style", "xlink:href")]
        self.tags.add(tag)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found["href"] or ""] if "href" in found else []
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag != "meta":
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def numbers(node: Any) -> Iterator[int | float]:
    """Every number of a document."""
    if isinstance(node, dict):
        for each in node.values():
            yield from numbers(each)
    elif isinstance(node, list):
        for each in node:
            yield from numbers(each)
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield node


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_sound_and_needs_nothing_but_itself(name: str) -> None:
    text = PAGES[name]
    found = Reader(text)
    assert not found.tags & {"script", "link", "img", "image", "use", "iframe", "object", "form", "base", "metadata"}
    assert "url(" not in text
    assert "@import" not in text
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert len(found.ids) == len(set(found.ids))
    assert all(link.startswith("#") and link[1:] in found.ids for link in found.links)
    headings = [int(level) for level in re.findall(r"<h([1-6])", text)]
    assert headings[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_has_a_title_a_description_and_a_table(name: str) -> None:
    pictures = re.findall(r"<svg.*?</svg>", PAGES[name], re.DOTALL)
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        texts = {each.get("id"): each.text for each in root if each.get("id")}
        assert root.get("role") == "img"
        assert [bool(texts[key]) for key in (root.get("aria-labelledby") or "").split()] == [True, True]
    assert bool(pictures) == (name != "nobody")
    boxes = re.findall(
        r'aria-label="Picture of [^"]*"><svg.*?</svg></div>\s*(?:<details class="data">|<div class="scroll tablebox")',
        PAGES[name],
        re.DOTALL,
    )
    assert len(boxes) == PAGES[name].count('aria-label="Picture of')


@pytest.mark.parametrize("name", ["a million", "three", "nobody", "all eligible", "what if"])
def test_every_number_of_the_document_is_on_the_page(name: str) -> None:
    words = set(re.split(r"[^0-9.,]+", re.sub(r"<[^>]+>", " ", PAGES[name].split("<body")[1])))
    missing = {number for number in numbers(DOCUMENTS[name]) if wording.amount(number) not in words}
    assert not missing


def test_the_headline_is_the_interval() -> None:
    document = DOCUMENTS["a million"]
    for trial in document["trials"]:
        ends = trial["interval"]
        assert f"Between {ends['certainly']:,} and {ends['possibly']:,} of 1,000,000 patients" in PAGES["a million"]
    assert "All 2,500 patients" in PAGES["all eligible"]
    assert PAGES["nobody"].count('class="headline">No patients<') == 2
    assert all(document["disclaimer"] in text for name, text in PAGES.items() if name != "hostile")


def test_what_was_tried_stands_above_every_number() -> None:
    text = PAGES["what if"]
    above = text[: text.index('class="headline"')]
    assert wording.WHAT_IF in above
    assert "START-NET: I10 (GFR above 50 mL/min/1.73 m² by an accepted method) is left out" in above
    assert "START-NET: I11 with 80 g/L instead of 90 g/L" in above
    assert text.count(">what if<") == 1
    assert wording.WHAT_IF not in PAGES["a million"]


def test_a_shared_number_is_marked_in_every_trial_that_reads_it() -> None:
    document = documents.document(3)
    document["changes"]["thresholds"] = [
        {
            "trial": "START-NET",
            "clause": "I11a",
            "text": "90 g/L = 80 g/L",
            "affects": ["START-NET:I11a", "NCT05610826:E8"],
        }
    ]
    text = page(document)
    assert text.count(">what if<") == 2
    assert "I11a with 80 g/L instead of 90 g/L, which changes NCT05610826:E8 too" in text
    assert "I11 blood counts and liver values within limits: limit changed" in text
    assert "E8 blood counts too low: limit changed" in text


def test_text_of_the_document_stays_text() -> None:
    text = PAGES["hostile"]
    assert "<script" not in text
    assert "alert(" in text
    assert "{{ 7*7 }}" in text
    assert "$\\frac{1}{2}$" in text
    assert "‮" not in text
    assert "</title>]]>" not in text


def test_the_same_document_gives_the_same_bytes() -> None:
    assert page(documents.document(3)) == PAGES["three"]


def test_the_picture_of_a_bar_is_as_long_as_its_number() -> None:
    (picture,) = re.findall(r"<svg[^>]*t1-protocol-t.*?</svg>", PAGES["a million"], re.DOTALL)
    root = ElementTree.fromstring(picture)
    space = "{http://www.w3.org/2000/svg}"
    wide = {}
    for group in root.iter(f"{space}g"):
        path = group.find(f"{space}path")
        if path is not None and path.get("class") == "f-sure":
            xs = [float(x) for x in re.findall(r"[ML](-?[\d.]+) ", path.get("d", ""))]
            wide[(group.findtext(f"{space}title") or "").partition(":")[0].partition(".")[0]] = max(xs) - min(xs)
    trial = DOCUMENTS["a million"]["trials"][0]
    assert len(wide) == 1 + len(trial["clauses"])
    for step in trial["attrition"]["protocol"]:
        share = step["remaining_certain"] / 1_000_000
        assert wide[step["clause"]] == pytest.approx(max(share * wide["all patients"], 1), abs=0.3)


def test_a_page_of_a_million_takes_less_than_three_seconds() -> None:
    start = time.process_time()
    page(DOCUMENTS["a million"])
    assert time.process_time() - start < 3


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="nen-kb feasibility 1"):
        page({"format": "nen-kb cohort 1"})


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 10, "0 %"), (10, 10, "100 %"), (1, 1_000_000, "under 0.1 %"), (999_999, 1_000_000, "over 99.9 %"),
        (1, 3, "33 %"), (995, 1000, "99.5 %"), (3, 0, ""),
    ],
)  # fmt: skip
def test_a_share_is_never_rounded_to_all_or_nothing(part: int, whole: int, said: str) -> None:
    assert wording.share(part, whole) == said


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_neighbouring_colours_are_told_apart_by_brightness_too() -> None:
    style = (ROOT / "nen_kb/report/templates/feasibility.css").read_text(encoding="utf-8")
    schemes = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root {(.*?)}", style, re.S)
    ]
    assert [set(scheme) for scheme in schemes] == [{"sure", "maybe", "fails", "lost", "unknown", "clash"}] * 2
    for scheme in schemes:
        for one, other in (
            ("sure", "maybe"),
            ("sure", "unknown"),
            ("unknown", "clash"),
            ("unknown", "fails"),
            ("sure", "lost"),
        ):
            light, dark = sorted((luminance(scheme[one]), luminance(scheme[other])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 2, (one, other)
