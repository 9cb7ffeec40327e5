"""A site's table answers for a sex and a day, or not at all."""

from pathlib import Path

import pytest

from nen_kb.errors import PatientError
from nen_kb.facts.dates import Days, parse_days
from nen_kb.facts.records import Limit, Sex
from nen_kb.facts.values import GRID, Span
from nen_kb.ontology import Ontology
from nen_kb.sources.limits import SiteLimits, load_limits

TABLE = """\
- {observable: ASAT, sex: female, limit: 35 U/L, valid_to: 2024-12}
- {observable: ASAT, sex: female, limit: 0.6 ukat/L, valid_from: 2025}
- {observable: ASAT, sex: male, limit: 45, unit: U/L}
- {observable: albumin, limit: 3.6 g/dL, kind: lower, source: laboratory handbook}
- {observable: albumin, limit: 48 g/L}
- {observable: INR, limit: 1.2}
"""


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.load()


@pytest.fixture(scope="module")
def table(ontology: Ontology) -> SiteLimits:
    return load_limits(Path("limits.yaml"), ontology, text=TABLE)


def value(limit: Limit | None) -> int | None:
    return limit.value.low if limit else None


def day(text: str) -> int:
    return parse_days(text).first


@pytest.mark.parametrize(
    ("sex", "on", "expected"),
    [
        (Sex.FEMALE, "2024-12-31", 35 * GRID),
        (Sex.FEMALE, "2025-01-01", 36 * GRID),
        (Sex.MALE, "2025-01-01", 45 * GRID),
        (None, "2025-01-01", None),
    ],
)
def test_the_upper_limit_depends_on_sex_and_day(
    table: SiteLimits, sex: Sex | None, on: str, expected: int | None
) -> None:
    assert value(table.upper("ASAT", sex, day(on))) == expected


def test_a_date_across_two_limits_has_none(table: SiteLimits) -> None:
    assert table.upper("ASAT", Sex.FEMALE, Days(day("2024-12-31"), day("2025-01-01"))) is None
    assert value(table.upper("ASAT", Sex.FEMALE, parse_days("2025"))) == 36 * GRID


def test_a_limit_for_everybody_needs_no_sex(table: SiteLimits) -> None:
    assert value(table.upper("Albumin", None, day("2025-01-01"))) == 48 * GRID
    assert table.lower("Albumin", Sex.MALE, day("2025-01-01")) == Limit(Span(36 * GRID, 36 * GRID), "3.6 g/dL", "site")
    assert value(table.upper("INR", Sex.MALE, day("2025-01-01"))) == 12_000_000


def test_what_the_table_does_not_list_has_no_limit(table: SiteLimits) -> None:
    assert table.upper("Hemoglobin", Sex.MALE, day("2025-01-01")) is None
    assert table.lower("ASAT", Sex.MALE, day("2025-01-01")) is None
    assert SiteLimits().upper("ASAT", None, day("2025-01-01")) is None


def test_a_limit_for_ones_sex_comes_before_one_for_everybody(ontology: Ontology) -> None:
    text = "- {observable: ASAT, limit: 40 U/L}\n- {observable: ASAT, sex: male, limit: 45 U/L}\n"
    table = load_limits(Path("x.yaml"), ontology, text=text)
    assert value(table.upper("ASAT", Sex.MALE, day("2025-01-01"))) == 45 * GRID
    assert value(table.upper("ASAT", Sex.FEMALE, day("2025-01-01"))) == 40 * GRID
    assert table.upper("ASAT", None, day("2025-01-01")) is None, "it depends on a sex that is not recorded"


@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("a: 1", "", "not-a-list"),
        ("- {observable: ASATT, limit: 35 U/L}", "[0].observable", "unknown-name"),
        ("- {observable: brain metastases, limit: 35 U/L}", "[0].observable", "not-an-observable"),
        ("- {observable: ASAT}", "[0]", "missing-key"),
        ("- {observable: ASAT, limit: 35}", "[0].limit", "no-unit"),
        ("- {observable: ASAT, limit: 35 g/L}", "[0].limit", "other-unit"),
        ("- {observable: glomerular filtration rate, limit: 90 mL/min}", "[0].limit", "other-unit"),
        ("- {observable: ASAT, limit: 35-40 U/L}", "[0].limit", "bad-limit"),
        ("- {observable: ASAT, limit: high}", "[0].limit", "bad-quantity"),
        ("- {observable: ASAT, limit: 35 U/L, unit: U/L}", "[0].unit", "unit-twice"),
        ("- {observable: ASAT, limit: 35 U/L, kind: top}", "[0].kind", "unknown-word"),
        ("- {observable: ASAT, limit: 35 U/L, sex: f}", "[0].sex", "unknown-word"),
        (
            "- {observable: ASAT, limit: 35 U/L, valid_from: 2025, valid_to: 2024}",
            "[0].valid_to",
            "bad-period",
        ),
        ("- {observable: ASAT, limit: 35 U/L, valid_from: soon}", "[0].valid_from", "bad-date"),
        (
            "- {observable: ASAT, limit: 35 U/L, valid_to: 2025}\n"
            "- {observable: ASAT, limit: 36 U/L, valid_from: 2025-12-31}",
            "[1]",
            "overlap",
        ),
    ],
)
def test_a_mistake_in_the_table_is_reported_at_its_path(ontology: Ontology, text: str, place: str, code: str) -> None:
    with pytest.raises(PatientError) as caught:
        load_limits(Path("limits.yaml"), ontology, text=text)
    assert [(problem.place, problem.code) for problem in caught.value.problems] == [(place, code)]
    assert all(problem.remedy and problem.file == "limits.yaml" for problem in caught.value.problems)
