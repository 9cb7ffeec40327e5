"""What goes wrong with records: contradictions of one day, records twice, corrections, records from after the day.

The kinds of ``hostile`` are mistakes a reader must refuse, or survive; none of the others is one.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from nen_kb.cohort.generator.marginals import Marginals
from nen_kb.cohort.generator.pen import Record
from nen_kb.cohort.generator.writing import Days

SCORES = {"ECOG performance status": 4, "NYHA class": 4}
EXTENTS = ("none", "minority", "majority", "all")
EMOJI = "stable 😀👩🏽‍⚕️"
RIGHT_TO_LEFT = "תשובה \u202eמעבדה\u202c"


class Trouble:
    """Spoils a document as the tables say."""

    def __init__(self, tables: Marginals, days: Days) -> None:
        self.days = days
        self.chances = tables.numbers("trouble")
        self.hostile = tables.numbers("hostile")
        self.wrong = tables.rows("wrong_sample")

    def spoil(self, document: Record, index: int, rng: Random) -> None:
        """Adds the troubles that leave the document readable."""
        u, chances = rng.random, self.chances
        if u() < chances["contradiction"]:
            self._contradict(document, rng)
        if u() < chances["duplicate"]:
            kind = ("findings", "measurements", "treatments")[int(u() * 3)]
            if document[kind]:
                document[kind].append(dict(document[kind][int(u() * len(document[kind]))]))
        if u() < chances["second_laboratory"]:
            self._again(document, rng)
        if u() < chances["correction"]:
            self._correct(document, index, rng)
        if u() < chances["later"]:
            self._later(document, index, rng)

    def _contradict(self, document: Record, rng: Random) -> None:
        """Another record of the same thing and the same day says otherwise."""
        u = rng.random
        scans = [scan for scan in document["imaging"] if "krenning" in scan]
        chance = u()
        if chance < 0.15 and document["treatments"]:
            self._deny(document, rng)
        elif chance < 0.30 and scans:
            other = dict(scans[int(u() * len(scans))])
            other["krenning"] = int(u() * 5)
            other["extent"] = EXTENTS[int(u() * 4)] if other["krenning"] else "none"
            document["imaging"].append(other)
        elif chance < 0.60 and document["findings"]:
            other = dict(document["findings"][int(u() * len(document["findings"]))])
            if isinstance(other.get("date"), str):
                other["presence"] = "present" if other.get("presence") == "absent" else "absent"
                document["findings"].append(other)
        elif document["measurements"]:
            record = document["measurements"][int(u() * len(document["measurements"]))]
            row = self.wrong.get(record["observable"], self.wrong["other"])
            self._another_value(document, record, row["low"] + (row["high"] - row["low"]) * u(), rng)

    def _deny(self, document: Record, rng: Random) -> None:
        """A form says that a treatment on record was never given."""
        u, course = rng.random, document["treatments"][int(rng.random() * len(document["treatments"]))]
        concept = (course["agent"], "systemic antitumor treatment", "antitumor treatment")[int(u() * 3)]
        document["findings"].append({"concept": concept, "presence": "absent", "date": document["index_date"]})

    def _again(self, document: Record, rng: Random) -> None:
        """A second laboratory measured the same on the same day, and nearly agrees."""
        found = [record for record in document["measurements"] if record["observable"] in self.wrong]
        if found:
            self._another_value(document, found[int(rng.random() * len(found))], rng.lognormvariate(0, 0.03), rng)

    @staticmethod
    def _another_value(document: Record, record: Record, factor: float, rng: Random) -> None:
        other, value = dict(record), record["value"]
        if record["observable"] in SCORES and isinstance(value, int):
            other["value"] = int(rng.random() * (SCORES[record["observable"]] + 1)) or 1
        elif isinstance(value, str):
            number, _, unit = value.partition(" ")
            try:
                amount = float(number)
            except ValueError:
                return
            changed = amount * factor
            if unit == "%":
                changed = min(changed, 100)
            text = f"{changed:.{len(number.partition('.')[2])}f}"
            if float(text) == 0:
                return
            other["value"] = f"{text} {unit}".strip()
        document["measurements"].append(other)

    def _correct(self, document: Record, index: int, rng: Random) -> None:
        """A later record takes back an earlier finding."""
        if document["findings"]:
            other = dict(document["findings"][int(rng.random() * len(document["findings"]))])
            other["presence"] = "present" if other.get("presence") == "absent" else "absent"
            other["date"] = self.days.iso(index - int(rng.random() * 5))
            other["source"] = "correction"
            document["findings"].append(other)

    def _later(self, document: Record, index: int, rng: Random) -> None:
        """A record of a day after the index day, which a reader sets aside."""
        if document["measurements"]:
            other = dict(document["measurements"][-1])
            other["date"] = self.days.iso(index + 1 + int(60 * rng.random()))
            document["measurements"].append(other)

    def text(self, document: Record, previous: str, rng: Random) -> str:
        """The line of a document with the mistakes of ``hostile``; ``previous`` is another patient's id."""
        u, chances = rng.random, self.hostile
        results = document["measurements"]
        last: dict[str, Any] = results[-1] if results else {}
        if last and u() < chances["no_unit"]:
            results.append({"observable": "hemoglobin", "value": "131", "date": last["date"]})
        if last and u() < chances["ambiguous_unit"]:
            results.append({"observable": "platelets", "value": "212 x10 (3)", "date": last["date"]})
        if u() < chances["unknown_name"]:
            document["findings"].append({"concept": "carcinoid, see letter", "date": "2020"})
        if last and u() < chances["implausible"]:
            results.append({"observable": "hemoglobin", "value": "13.1 kg/L", "date": last["date"]})
        if u() < chances["before_birth"]:
            document["treatments"].append({"agent": "octreotide", "date": "1901-01-01"})
        if u() < chances["long_text"]:
            document["title"] = "as dictated " * 20_000
        if document["findings"]:
            if u() < chances["emoji"]:
                document["findings"][0]["source"] = EMOJI
            if u() < chances["right_to_left"]:
                document["findings"][0]["source"] = RIGHT_TO_LEFT
        if u() < chances["same_id"]:
            document["id"] = previous
        line = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return line[: len(line) // 2] if u() < chances["broken_json"] else line
