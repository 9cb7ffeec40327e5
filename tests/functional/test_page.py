"""``--format html``: a page that needs nothing but itself, whatever the record says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from nen_kb import KnowledgeBase
from nen_kb.facts.dates import Days, parse_days
from nen_kb.facts.records import Finding, Note, Patient, Presence
from nen_kb.report import Sheet, page
from nen_kb.resources import shipped
from nen_kb.sources.case_file import read_case

ROOT = Path(__file__).resolve().parents[2]
ANNA = ROOT / "kb/examples/anna.yaml"
VOID = {"meta", "br"}
HOSTILE = '<script>alert("1")</script>\'}}{{ 7*7 }}\u202egnilaes\u202c </svg></title>' + "W" * 300


class Reader(HTMLParser):
    """Reads a page strictly: every tag closed in order, nothing from outside, no scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[int] = []
        self.bare: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        found = dict(attrs)
        assert len(found) == len(attrs), tag
        assert not [name for name in found if name.startswith("on") or name in ("src", "style", "xlink:href")]
        if "id" in found:
            self.ids.append(found["id"] or "")
        if "href" in found:
            self.links.append(found["href"] or "")
        if tag == "th" and "scope" not in found:
            self.bare.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def sound(text: str) -> Reader:
    """The page, if it is well formed, self-contained and can be found one's way about."""
    found = Reader(text)
    assert not set(found.tags) & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert "url(" not in text
    assert "@import" not in text
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text.split("<body>")[0])
    assert len(found.ids) == len(set(found.ids))
    assert all(link.startswith("#") and link[1:] in found.ids for link in found.links)
    assert found.headings[0] == 1
    assert all(after <= before + 1 for before, after in zip(found.headings, found.headings[1:], strict=False))
    assert not found.bare
    for picture in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        root = ElementTree.fromstring(picture)
        named = (root.get("aria-labelledby") or "").split()
        texts = {each.get("id"): each.text for each in root if each.get("id")}
        assert root.get("role") == "img"
        assert all(texts[name] for name in named)
        assert len(named) == 2
    return found


@pytest.fixture(scope="module")
def anna(kb: KnowledgeBase) -> Patient:
    return read_case(ANNA, kb.ontology)


def shown(kb: KnowledgeBase, patient: Patient, **more: object) -> str:
    results = kb.screen(patient)
    return page([Sheet("file", results, results[0].judgement.prepared.notes)], kb.identity, **more)  # type: ignore[arg-type]


def test_the_page_of_the_worked_patient_is_whole(cli: Callable[..., SimpleNamespace]) -> None:
    run = cli("screen", ANNA, "--format", "html")
    assert run.code == 0
    found = sound(run.out)
    assert found.tags["svg"] == 4
    assert found.tags["mark"] > 20
    assert "Decision support for professionals" in run.out
    clauses = re.findall(r'<tr role="row" id="p1-t\d-([IE]\d+)" class="(fails|open|passes)">', run.out)
    assert len(clauses) == 24 + 19
    assert [clause for clause, style in clauses if style == "fails"] == ["I7"]
    assert [clause for clause, style in clauses if style == "open"] == ["I3", "I6"]
    assert len(run.out.encode()) < 600_000


def test_the_deciding_words_of_the_protocol_are_marked(kb: KnowledgeBase, anna: Patient) -> None:
    text = shown(kb, anna)
    assert "must be terminated at least <mark>4 weeks</mark> before start" in text
    assert "GFR <mark>&gt; 50</mark> ml/min" in text


def test_only_what_decides_is_open_at_first(kb: KnowledgeBase, anna: Patient) -> None:
    proofs = re.findall(r'<details class="proof"( open)?><summary>(?:Proof|What was tried)<span[^>]*> of (\w+)',
                        shown(kb, anna))  # fmt: skip
    assert [clause for state, clause in proofs if state] == ["I7"]


def test_a_window_ends_at_its_anchor(kb: KnowledgeBase, anna: Patient) -> None:
    text = shown(kb, anna)
    assert "<title>2026-11-03 to 2026-12-01: NCT05610826 I6 · START-NET I7</title>" in text
    assert "<title>2024-11-20 to 2026-10-20: START-NET I6</title>" in text
    assert "planned start 2026-12-01</text>" in text


def test_explain_opens_the_clause_asked_for(cli: Callable[..., SimpleNamespace]) -> None:
    run = cli("explain", ANNA, "START-NET", "I11a", "--format", "html")
    assert run.code == 0
    sound(run.out)
    assert re.findall(r'<details class="proof" open><summary>Proof<span[^>]*> of (\w+)', run.out) == ["I11"]
    assert "NCT05610826 E3" not in run.out


def test_swedish_names_are_shown_and_marked(cli: Callable[..., SimpleNamespace]) -> None:
    run = cli("screen", ANNA, "--format", "html", "--labels", "sv")
    sound(run.out)
    assert '<span class="sv" lang="sv">kapecitabin</span>' in run.out
    assert ' lang="sv">kapecitabin<title>capecitabine</title>' in run.out
    assert "kapecitabin" not in cli("screen", ANNA, "--format", "html").out


def test_text_of_the_record_is_not_markup(kb: KnowledgeBase, anna: Patient) -> None:
    origin = replace(anna.findings[0].origin, file=HOSTILE, path=HOSTILE, text=HOSTILE)
    odd = replace(
        anna,
        id=HOSTILE,
        findings=tuple(replace(finding, origin=origin) for finding in anna.findings),
        measurements=tuple(replace(each, original=HOSTILE, trouble="unit_unusable", trouble_text=HOSTILE, value=None)
                           for each in anna.measurements),
    )  # fmt: skip
    results = kb.screen(odd)
    text = page([Sheet(HOSTILE, results, [Note(HOSTILE, HOSTILE, "odd")])], kb.identity)
    sound(text)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "\u202e" not in text
    assert "49" not in re.findall(r"{{.{0,9}", text)
    assert text.count("</title>") == text.count("<title")


def test_why_not_how_near_and_when(kb: KnowledgeBase, anna: Patient) -> None:
    text = shown(kb, anna)
    found = sound(text)
    assert found.tags["svg"] == 4
    assert "Only time is needed." in text
    assert "Not eligible until 5 December 2026 (everolimus washout)" in text
    assert "time alone, from" in text
    assert "I7: not met → met (everolimus, last day" in text
    assert re.search(r'<rect class="strip ineligible"[^>]*/>.*<rect class="strip eligible"', text)


def test_what_is_assumed_is_said_and_marked(kb: KnowledgeBase, anna: Patient) -> None:
    found = kb.what_if(anna, "hemoglobin 85 g/L")
    text = page([Sheet("file", found.results)], kb.identity)
    sound(text)
    assert re.search(r"Assumed, not on record:</strong></p><ul><li><bdi>hemoglobin 85 g/L", text)
    assert "(assumed)" in text
    assert "ssumed, not on record" not in shown(kb, anna)


def test_what_to_find_out_next(kb: KnowledgeBase, anna: Patient, cli: Callable[..., SimpleNamespace]) -> None:
    missing = kb.missing(anna)
    text = cli("screen", ANNA, "--format", "html").out
    sound(text)
    assert "What to find out next" in text
    assert missing.questions
    assert missing.sets
    for question in missing.questions:
        assert f"<bdi>{escape(question.text)}</bdi>" in text
    assert "What to find out next" not in cli("explain", ANNA, "START-NET", "--format", "html").out


def test_nothing_on_record_still_makes_a_page(kb: KnowledgeBase) -> None:
    text = shown(kb, Patient("nobody", index_date=parse_days("2026-11-20").first))
    sound(text)
    assert "0 records" in text
    assert "No patient was judged." in page([], kb.identity)


def test_every_record_is_listed_also_one_set_aside(kb: KnowledgeBase, anna: Patient) -> None:
    day = anna.index_date + 9
    origin = replace(anna.findings[0].origin, path="findings[99]")
    later = Finding("later", "BrainMetastases", Presence.PRESENT, Days(day, day), origin)
    text = shown(kb, replace(anna, findings=(*anna.findings, later)))
    for record in (*anna.findings, *anna.measurements, *anna.treatments, *anna.imaging, later):
        assert f"<code>{record.origin.path}</code>" in text
    assert "set aside: later than the day judged" in text


def test_a_long_record_stays_small_and_quick(kb: KnowledgeBase, anna: Patient) -> None:
    days = [anna.index_date - 3 * number for number in range(400)]
    many = tuple(
        replace(anna.measurements[number % 17], id=f"m{number}", when=Days(day, day)) for number, day in enumerate(days)
    )
    results = kb.screen(replace(anna, measurements=many))
    text = page([Sheet("file", results)], kb.identity)
    assert len(text.encode()) < 1_500_000
    assert f"<details><summary>{400 + 14 + 3 + 1 + 2} records" in text
    assert sound(text).tags["tr"] > 400


# ── colours ─────────────────────────────────────────────────────────────────


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_text_stands_out_from_its_ground_in_light_and_dark() -> None:
    style = (ROOT / "nen_kb/report/templates/page.css").read_text(encoding="utf-8")
    schemes = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root {(.*?)}", style, re.S)
    ]
    assert len(schemes) == 2
    assert set(schemes[0]) == set(schemes[1])
    for colours in schemes:
        pairs = [(text, ground) for text in ("text", "faint", "link") for ground in ("page", "soft")]
        pairs += [
            (text, f"{kind}-soft") for kind in ("good", "bad", "open") for text in (kind, "text", "faint", "link")
        ]
        pairs += [(kind, "page") for kind in ("good", "bad", "open")] + [("mark-text", "mark")]
        for text, ground in pairs:
            light, dark = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


def test_templates_ship_with_the_package() -> None:
    folder = shipped("kb").parent / "nen_kb/report/templates"
    names = {"page.html", "macros.html", "page.css", "feasibility.html", "feasibility.css"}
    assert {each.name for each in folder.iterdir()} == names
