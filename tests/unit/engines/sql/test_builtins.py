"""The built-ins in SQL are those of the rules, row for row; those without an SQL form come as a table."""

from __future__ import annotations

import random
from datetime import date

import pytest
from small import program

from nen_kb.engines.sql.builtins import SQL_FORMS
from nen_kb.engines.sql.duckdb import DuckDBEngine
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST
from nen_kb.facts.values import NEG_INF, POS_INF
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.formulas import ONE

VOCABULARY = {
    "days_before": "Day, Count, Moved",
    "months_before": "Day, Count, Moved",
    "earlier": "From, To, From, To, From, To",
    "below": "Low, High, Limit, Low, High",
    "at_most": "Low, High, Limit, Low, High",
    "mean": "Low, High, Low, High, Low, High",
    "cockcroft_gault": "Low, High, Word, Low, High, Low, High, Low, High",
    "lmr18": "Low, High, Word, Low, High, Low, High",
    "capa": "Low, High, Low, High, Low, High",
    "to_body_surface": "Low, High, Low, High, Low, High, Low, High",
    "from_body_surface": "Low, High, Low, High, Low, High, Low, High",
}
MONTH_ENDS = [date(year, month, day).toordinal() for year in (1, 1900, 2024, 2025) for month, day in ((1, 31), (2, 28),
              (3, 31), (12, 31), (10, 30))]  # fmt: skip
VALUES = {
    "Day": [FAR_PAST, FAR_PAST + 30, 738000, date(2024, 2, 29).toordinal(), FAR_FUTURE, *MONTH_ENDS],
    "Count": [-1, 0, 1, 2, 12, 13, 24, 28, 480, 10**6, 10**12],
    "Word": ["Female", "Male", "other"],
    "Low": [NEG_INF, -35, -10, -5, 0, 5, 15, 45 * ONE, 58 * ONE + 5, 18 * ONE, 90 * ONE, 170 * ONE + 125, POS_INF],
}
VALUES.update({"From": VALUES["Day"], "To": VALUES["Day"], "High": VALUES["Low"], "Limit": VALUES["Low"]})


@pytest.mark.parametrize("name", BUILTINS)
def test_a_builtin_gives_the_evaluators_rows(name: str) -> None:
    """On values at the ends of the calendar, of months and of the number line, and on every sign."""
    words = [word.strip() for word in VOCABULARY[name].split(",")]
    builtin = BUILTINS[name]
    inputs = [words[place] for place in builtin.inputs]
    chance = random.Random(name)
    rows = set()
    for number in range(400):
        row = [chance.choice(VALUES[word]) for word in inputs]
        for place, word in enumerate(inputs):
            if word in ("High", "To") and row[place - 1] > row[place]:  # type: ignore[operator]
                row[place - 1 : place + 1] = row[place], row[place - 1]
        rows.add((f"r{number}", *row))
    terms = [f"I{place}" if place in builtin.inputs else f"O{place}" for place in range(len(words))]
    found = program(
        f"base facts(Record, {', '.join(inputs)})\nbuiltin {name}({VOCABULARY[name]})\n"
        f"derived d(Record, {', '.join(words[place] for place in builtin.outputs)})\n"
        f"d(E, {', '.join(terms[place] for place in builtin.outputs)}) <= "
        f"facts(E, {', '.join(terms[place] for place in builtin.inputs)}) & {name}({', '.join(terms)})"
    )
    expected = Evaluator(found).rows({"facts": rows}, ["d"])["d"]
    assert expected
    assert DuckDBEngine(found).rows({"facts": rows}, ["d"])["d"] == expected


def test_every_builtin_is_compared() -> None:
    """A new built-in needs its columns here; the formulas are the only ones without an SQL form."""
    assert set(VOCABULARY) == set(BUILTINS)
    formulas = {"cockcroft_gault", "lmr18", "capa", "to_body_surface", "from_body_surface"}
    assert set(BUILTINS) - set(SQL_FORMS) == formulas


def test_outputs_may_be_constants_bound_or_ignored() -> None:
    """A built-in's output is compared where it is known already."""
    found = program(
        """base facts(Record, Day, Count, Day)
        builtin days_before(Day, Count, Moved)
        derived same(Record)
        derived fixed(Record)
        derived ignored(Record)
        same(E) <= facts(E, D, N, F) & days_before(D, N, F)
        fixed(E) <= facts(E, D, N, _) & days_before(D, N, 7)
        ignored(E) <= facts(E, D, N, _) & days_before(D, N, _)
        """
    )
    rows = {"facts": {("a", 10, 3, 7), ("b", 10, 3, 8), ("c", 10, 2, 8), ("d", 10, -1, 11)}}
    expected = {"same": {("a",), ("c",)}, "fixed": {("a",), ("b",)}, "ignored": {("a",), ("b",), ("c",)}}
    assert DuckDBEngine(found).rows(rows, list(expected)) == expected
