"""A made-up cohort has the shares its tables say: each is counted, and a wrong table would be noticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from math import sqrt

import pytest

from nen_kb.cohort.generator import Generator, Marginals, Mess, Story
from nen_kb.cohort.generator.marginals import Choice, Table
from nen_kb.cohort.generator.story import CARCINOMA, CHROMAFFIN

PATIENTS = 20_000
DOCUMENTS = 5_000
SEED = 11

Counts = dict[str, Counter[str]]
"""Of each row of a table how often each alternative was met (``yes`` and ``no`` for a chance)."""


@cache
def stories() -> tuple[Story, ...]:
    """What is true of the cohort."""
    return tuple(map(Generator(SEED).story, range(PATIENTS)))


@cache
def documents(mess: Mess) -> list[tuple[Story, dict[str, list[dict[str, str]]]]]:
    """The first patients with their records."""
    generator = Generator(SEED, mess)
    return [(generator.story(number), generator.document(number)) for number in range(DOCUMENTS)]


def met(pairs: Iterator[tuple[str, str | bool]]) -> Counts:
    """Counts of rows and alternatives."""
    found: Counts = {}
    for row, alternative in pairs:
        word = {True: "yes", False: "no"}[alternative] if isinstance(alternative, bool) else alternative
        found.setdefault(row, Counter())[word] += 1
    return found


def expected(tables: Marginals, name: str) -> dict[str, dict[str, float]]:
    """The shares a table says, by row: of alternatives, or of yes and no."""
    table = tables.tables[name]
    if table.form == "weights":
        return {"": tables.choice(name).shares}
    if table.form == "number":
        return {"": chance(tables.number(name))}
    if table.form == "numbers":
        return {row: chance(share) for row, share in tables.numbers(name).items()}
    return {row: Choice(shares).shares for row, shares in tables.rows(name).items()}


def chance(share: float) -> dict[str, float]:
    """Yes and no."""
    return {"yes": share, "no": 1 - share}


def off(counts: Counts, shares: dict[str, dict[str, float]]) -> list[str]:
    """What was met more or less often than four standard errors allow; every row counted must be a row of the table."""
    found = []
    for row, counted in counts.items():
        total = counted.total()
        for word, share in shares[row].items():
            allowed = 4 * sqrt(max(share * (1 - share), 0.0005) / total) + 0.002
            if abs(counted[word] / total - share) > allowed:
                found.append(f"{row} {word}: {counted[word] / total:.3f} of {total}, not {share:.3f}")
        if extra := set(counted) - set(shares[row]):
            found.append(f"{row}: {extra} is in no table")
    return found


def grown(figures: dict[str, float], age: float) -> str:
    """The row of a table by age."""
    return max((step for step in figures if float(step) <= age), key=float)


def by_age(name: str, holds: Callable[[Story], bool]) -> Counts:
    """Counts of a condition by the steps of age of a table."""
    figures = Marginals.shipped().numbers(name)
    return met((grown(figures, story.age), holds(story)) for story in stories())


def tumours() -> Iterator[Story]:
    """Patients with something other than a pheochromocytoma or paraganglioma."""
    return (story for story in stories() if story.site != CHROMAFFIN)


def graded() -> Iterator[tuple[str, str]]:
    """Site and grade of well differentiated tumours, but of those referred for a tumour outside the lung."""
    rows = Marginals.shipped().rows("grade")
    for story in tumours():
        if story.grade != CARCINOMA and (story.setting != "referral" or story.site == "lung"):
            yield story.site if story.site in rows else "other", story.grade


def bands() -> Iterator[tuple[str, str]]:
    """The grade and the band of each Ki-67 index."""
    rows = Marginals.shipped().rows("ki67_band")
    for story in tumours():
        for _, value, grade in story.ki67:
            fits = [band for band in rows[grade] if float(band.split("-")[0]) <= value <= float(band.split("-")[1])]
            yield grade, fits[0]


def spread() -> Iterator[tuple[str, bool]]:
    """The row of each organ, and whether it has metastases, of patients with distant disease."""
    for story in stories():
        if story.spread is not None:
            for organ in ("liver", "bone", "nodes", "peritoneum", "lung", "brain"):
                row = organ
                if organ == "bone" and story.site == "pancreas":
                    row = "bone_pancreas"
                if organ == "brain" and (story.site == "lung" or story.grade == CARCINOMA):
                    row = "brain_lung"
                yield row, organ in story.metastases


def treated_line(story: Story) -> str:
    """The row of a story in a table by site, with other sites together."""
    return story.site if story.site in ("small_intestine", "unknown", "lung", "pancreas") else "other"


COUNTED: dict[str, Callable[[], Counts]] = {
    "setting": lambda: met(("", story.setting) for story in stories()),
    "women": lambda: met((story.setting, story.sex == "female") for story in stories()),
    "chromaffin": lambda: met((story.setting, story.site == CHROMAFFIN) for story in stories()),
    "site.registry": lambda: met(("", story.site) for story in tumours() if story.setting == "registry"),
    "site.centre": lambda: met(("", story.site) for story in tumours() if story.setting == "centre"),
    "site.referral": lambda: met(("", story.site) for story in tumours() if story.setting == "referral"),
    "carcinoma": lambda: met((story.setting, story.grade == CARCINOMA) for story in tumours()),
    "grade": lambda: met(graded()),
    "grade_of_referred": lambda: met(
        ("", story.grade)
        for story in tumours()
        if story.setting == "referral" and story.site != "lung" and story.grade != CARCINOMA
    ),
    "ki67_band": lambda: met(bands()),
    "stage": lambda: met((story.setting, story.stage) for story in stories()),
    "metastasis": lambda: met(spread()),
    "brain_treated": lambda: met(("", story.brain_stable) for story in stories() if "brain" in story.metastases),
    "liver_burden_band": lambda: met(
        ("", "1-25" if story.burden <= 25 else "26-50" if story.burden <= 50 else "51-90")
        for story in stories()
        if story.burden
    ),
    "syndrome": lambda: met(
        (treated_line(story), story.syndrome or bool(story.functioning))
        for story in tumours()
        if story.grade != CARCINOMA
    ),
    "functioning": lambda: met(("", story.functioning) for story in stories() if story.functioning),
    "receptor_scan": lambda: met((story.setting, bool(story.scans)) for story in stories()),
    "tracer": lambda: met(("", scan.tracer) for story in stories() for scan in story.scans),
    "krenning": lambda: met((story.grade, str(scan.krenning)) for story in stories() for scan in story.scans),
    "extent": lambda: met((story.grade, scan.extent) for story in stories() for scan in story.scans if scan.krenning),
    "fdg_scan": lambda: met((story.grade, story.fdg is not None) for story in stories()),
    "resection": lambda: met(
        (story.stage, story.resected is not None)
        for story in stories()
        if story.grade != CARCINOMA and story.index - story.diagnosed > 70
    ),
    "ecog": lambda: met(("NEC" if story.grade == CARCINOMA else story.setting, str(story.ecog)) for story in stories()),
    "diabetes": lambda: by_age("diabetes", lambda story: story.diabetes),
    "heart_failure": lambda: by_age("heart_failure", lambda story: story.nyha > 0),
    "nyha": lambda: met(("", str(story.nyha)) for story in stories() if story.nyha),
    "second_cancer": lambda: met((story.setting, bool(story.second_cancer)) for story in stories()),
    "anticoagulated": lambda: met(("", story.anticoagulated) for story in stories()),
    "screened": lambda: met((story.setting, story.screened) for story in stories()),
}


@pytest.mark.parametrize("name", COUNTED)
def test_the_cohort_has_the_shares_of_the_table(name: str) -> None:
    """Each row counted lies within four standard errors of its table."""
    counts = COUNTED[name]()
    shares = expected(Marginals.shipped(), name)
    assert set(counts) == set(shares)
    assert off(counts, shares) == []


@pytest.mark.parametrize("name", COUNTED)
def test_a_wrong_table_would_be_noticed(name: str) -> None:
    """Moving a quarter of all shares to the rarest alternative is too much in some row."""
    counts = COUNTED[name]()
    moved = {}
    for row, shares in expected(Marginals.shipped(), name).items():
        rarest = min(shares, key=shares.__getitem__)
        moved[row] = {word: share * 3 / 4 + (word == rarest) / 4 for word, share in shares.items()}
    assert off(counts, moved)


def test_other_tables_give_another_cohort() -> None:
    """The generator reads the tables it is given."""
    tables = Marginals.shipped().with_content("site.centre", {"rectum": 1.0}).with_content("setting", {"centre": 1.0})
    tables = tables.with_content("chromaffin", {"centre": 0.0})
    generator = Generator(SEED, tables=tables)
    assert {generator.story(number).site for number in range(200)} == {"rectum"}


def recorded(document: dict[str, list[dict[str, str]]], observable: str) -> list[dict[str, str]]:
    """The measurements of that observable."""
    return [record for record in document["measurements"] if record["observable"] == observable]


def test_items_are_missing_as_often_as_the_table_says() -> None:
    """Ki-67, mitoses and histology, of patients without a form filled in whole; old diagnoses lack Ki-67 more."""
    pairs: list[tuple[str, bool]] = []
    for story, document in documents(Mess.REALISTIC):
        if story.site == CHROMAFFIN or story.thorough or len(story.ki67) > 1:
            continue
        concepts = {record["concept"] for record in document["findings"]}
        old = story.diagnosed < 733_773
        pairs.append(("ki67_old" if old else "ki67", not recorded(document, "Ki-67 index")))
        pairs.append(("mitoses", not recorded(document, "mitotic count")))
        pairs.append(("histology", "histologically confirmed" not in concepts))
    counts = met(iter(pairs))
    assert min(row.total() for row in counts.values()) > 80
    assert off(counts, expected(Marginals.shipped(), "missing")) == []


def test_units_and_dates_are_written_as_the_tables_say() -> None:
    """The unit a laboratory writes haemoglobin in; the precision of diagnoses and of births."""
    units, dates = [], []
    for _, document in documents(Mess.REALISTIC):
        written = [record["value"].partition(" ")[2] for record in recorded(document, "hemoglobin")]
        found = [unit for unit in written if unit and unit != "not readable"]
        if found:
            units.append(("hemoglobin", "g/dL" if found[0].lower() in ("g/dl", "gm/dl") else found[0]))
        first = document["findings"][0].get("date", "")
        dates.append(("diagnosis", {10: "day", 7: "month", 4: "year"}.get(len(first), "day")))
        if "born" in document:
            dates.append(("birth", {10: "day", 7: "month", 4: "year"}[len(document["born"])]))
    assert off(met(iter(units)), expected(Marginals.shipped(), "unit")) == []
    assert off(met(iter(dates)), expected(Marginals.shipped(), "imprecise")) == []


def test_results_are_measured_as_often_as_the_table_says() -> None:
    """Beside each creatinine, in patients without a form filled in whole."""
    measured = Marginals.shipped().numbers("measured")
    counts: Counter[str] = Counter()
    for story, document in documents(Mess.NONE):
        if not story.thorough:
            counts.update(record["observable"] for record in document["measurements"])
    for item in ("hemoglobin", "platelets", "neutrophils", "ASAT", "albumin", "INR", "cystatin C"):
        share = counts[item] / counts["creatinine"] * measured["creatinine"]
        assert share == pytest.approx(measured[item], abs=0.03), item


def test_domains_are_declared_as_often_as_the_table_says() -> None:
    """By setting, in patients without a form filled in whole."""
    rows = Marginals.shipped().rows("complete")
    for domain in ("conditions", "treatments", "imaging"):
        declared = (
            (story.setting, any(entry["domain"] == domain for entry in document["complete"]))
            for story, document in documents(Mess.REALISTIC)
            if not story.thorough
        )
        assert off(met(declared), {row: chance(share) for row, share in rows[domain].items()}) == []


def test_clearances_are_measured_by_the_methods_of_the_table() -> None:
    """One method a patient."""
    methods = Marginals.shipped().choices("clearance")["method"].shares
    found = (
        ("", record["observable"])
        for _, document in documents(Mess.NONE)
        for record in document["measurements"]
        if record["observable"] in methods
    )
    assert off(met(found), {"": methods}) == []


def test_ages_and_sizes() -> None:
    """Means of age at diagnosis by setting (the appendix apart) and of height by sex, within a few tenths."""
    tables = Marginals.shipped()
    for setting in ("registry", "centre", "referral"):
        ages = [
            (story.diagnosed - story.born) / 365.2425
            for story in stories()
            if story.setting == setting and story.site != "appendix"
        ]
        assert sum(ages) / len(ages) == pytest.approx(tables.rows("age_at_diagnosis")[setting]["mean"], abs=0.8)
    for sex in ("female", "male"):
        heights = [story.height for story in stories() if story.sex == sex and story.age > 20]
        assert sum(heights) / len(heights) == pytest.approx(tables.rows("size")[sex]["mean"], abs=0.4)


def changed(table: Table) -> object:
    """The content of a table with every figure another one."""
    content = table.content
    if not isinstance(content, Mapping):
        return content / 3
    if table.name == "index_date":
        return {**content, "day": 19}
    rows = {key: figures for key, figures in content.items() if isinstance(figures, Mapping)}
    if rows:
        return {row: turned(figures) for row, figures in rows.items()}
    return turned({key: figure for key, figure in content.items() if not isinstance(figure, Mapping)})


def turned(figures: Mapping[str, float]) -> dict[str, float]:
    """Every figure by another factor: shares change, and so do figures that stand for themselves."""
    return {key: figure * (0.5 + 0.1 * (place % 4)) + 0.01 for place, (key, figure) in enumerate(figures.items())}


@pytest.mark.parametrize("name", sorted(Marginals.shipped().tables))
def test_a_change_of_any_table_changes_records(name: str) -> None:
    """Whatever stands in the file is drawn by: some of the first records differ."""
    tables = Marginals.shipped()
    other = Generator(SEED, Mess.HOSTILE, tables.with_content(name, changed(tables.tables[name])))
    assert any(other.line(number) != line for number, line in enumerate(lines()))


@cache
def lines() -> tuple[str, ...]:
    """The first records."""
    return tuple(Generator(SEED, Mess.HOSTILE).lines(0, 1000))
