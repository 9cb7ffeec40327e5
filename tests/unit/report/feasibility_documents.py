"""Feasibility documents for tests: made-up cohorts whose every number is counted from made-up statuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

START_NET = {
    "I1": "at least 18 years old",
    "I2": "written informed consent given",
    "I3": "ECOG performance status 0 or 1",
    "I4": "histologically confirmed, advanced, well-differentiated, inoperable NET",
    "I5": "uptake above the liver on 68Ga-DOTA-peptide PET",
    "I6": "radiological progression within the last 1 to 24 months, confirmed by the conference",
    "I7": "antitumor treatment other than somatostatin analogues ended four weeks before the start",
    "I8": "measurable disease by RECIST 1.1",
    "I9": "PRRT judged the treatment of choice",
    "I10": "GFR above 50 mL/min/1.73 m² by an accepted method",
    "I11": "blood counts and liver values within limits",
    "I12": "highly effective contraception, where it is called for",
    "E1": "pregnancy or lactation",
    "E2": "earlier PRRT",
    "E3": "concomitant systemic antitumor treatment other than a somatostatin analogue",
    "E4": "a contraindication to capecitabine",
    "E5": "tumor lesions without receptor uptake",
    "E6": "another serious, uncontrolled condition that precludes participation",
    "E7": "unwilling or unable to take part in every procedure and treatment",
}
CHICAGO = {
    "I1": "pancreatic NET with liver metastases",
    "I2": "grade 1 or 2, well or moderately differentiated",
    "I3": "90 % hepatic cytoreduction can be aimed for",
    "I4": "receptor expression on 68Ga-DOTATATE PET/CT",
    "I5": "at least 18 years old",
    "I6": "no systemic treatment for four weeks before PRRT, in arm 2",
    "E1": "grade 3 or poorly differentiated",
    "E2": "earlier liver-directed therapy",
    "E3": "capecitabine or temozolomide within the last twelve months",
    "E4": "no tumor uptake on 68Ga-DOTATATE PET/CT",
    "E5": "liver tumor burden above 50 %",
    "E6": "signs of early liver failure, cirrhosis or ascites",
    "E7": "renal function too low",
    "E8": "blood counts too low",
    "E9": "brain metastases not treated and stabilized",
    "E10": "heart failure of NYHA class II to IV",
    "E11": "fasting glucose above 2 × ULN",
    "E12": "pregnancy or lactation",
    "E13": "no effective non-hormonal contraception, where it is called for",
    "E14": "external-beam radiotherapy to more than 25 % of the bone marrow",
    "E15": "urinary incontinence that makes administration unsafe",
    "E16": "another malignancy",
    "E17": "no signed informed consent",
    "E18": "poor renal function",
}
_PASS, _OPEN, _CONFLICT, _FAIL = range(4)


def document(patients: int = 1_000_000, seed: int = 1, *, easy: bool = False) -> dict[str, Any]:
    """Both trials and a cohort of that many; ``easy``: every criterion passes for everyone."""
    trials = [
        trial("START-NET", "START-NET: personalised versus standard PRRT with 177Lu-DOTATOC (Lund, phase 3)", START_NET,
              patients, seed, easy),
        trial("NCT05610826", "NCT05610826: preoperative PRRT versus surgical cytoreduction for pancreatic NET "
              "metastatic to the liver (University of Chicago)", CHICAGO, patients, seed + 1, easy),
    ]  # fmt: skip
    return {
        "format": "nen-kb feasibility 1",
        "knowledge_base": {
            "version": "0.1.0", "rules_sha256": "8d1f3a" * 10 + "8d1f", "ontology_sha256": "77ac01" * 10 + "77ac",
        },
        "source": {"kind": "OMOP CDM 5.4", "place": "cdm.duckdb"},
        "index_date": "2026-11-20",
        "patients": patients,
        "changes": {"without": [], "thresholds": []},
        "trials": trials,
        "problems": 0 if patients < 100 else 137,
        "unmapped": [] if patients < 100 else [
            {"vocabulary": "LOINC", "code": f"{2160 + 37 * n}-{n % 10}", "display": name, "count": 48_211 // (n + 1)}
            for n, name in enumerate(("Somatostatin receptor imaging report", "Chromogranin B", "Serotonin in plasma",
                                      "Ki-67 (MIB-1) staining", "Tumour board note"))
        ],
        "disclaimer": "Decision support for professionals: the record as read, not the decision.",
    }  # fmt: skip


def trial(name: str, title: str, says: Mapping[str, str], patients: int, seed: int, easy: bool) -> dict[str, Any]:
    """One trial, counted from random statuses of every clause."""
    chance = np.random.default_rng(seed)
    ids = list(says)
    fails = chance.beta(0.7, 5, len(ids))
    opens = chance.beta(0.8, 4, len(ids))
    sample = min(patients, 20_000)
    draw = chance.random((sample, len(ids)))
    effect = np.full(draw.shape, _PASS, dtype=np.int8)
    if not easy:
        effect[draw < fails + opens] = _OPEN
        effect[draw < fails + opens * 0.08] = _CONFLICT
        effect[draw < fails] = _FAIL
    patterns, counts = np.unique(effect, axis=0, return_counts=True)
    if patients > sample:
        spread = chance.multinomial(patients, counts / counts.sum())
        patterns, counts = patterns[spread > 0], spread[spread > 0]
    return {
        "trial": name,
        "title": title,
        "registry": name,
        "version": "2026-11-20",
        **counted(ids, says, patterns, counts),
    }


def counted(ids: Sequence[str], says: Mapping[str, str], patterns: np.ndarray, counts: np.ndarray) -> dict[str, Any]:
    """Everything a document says of a trial, from distinct rows of effects and how often each occurs."""
    failing, opened = patterns == _FAIL, (patterns == _OPEN) | (patterns == _CONFLICT)
    fails, opens = failing.sum(axis=1), opened.sum(axis=1)

    def number(which: Any) -> int:
        return int(counts[which].sum())

    eligible, undetermined = number((fails == 0) & (opens == 0)), number((fails == 0) & (opens > 0))
    clauses = []
    for n, clause in enumerate(ids):
        statuses = [number(patterns[:, n] == effect) for effect in (_PASS, _FAIL, _OPEN, _CONFLICT)]
        if clause.startswith("E"):
            statuses[:2] = statuses[1::-1]
        clauses.append({
            "clause": clause, "kind": "inclusion" if clause.startswith("I") else "exclusion", "says": says[clause],
            "quote": f"{says[clause][:1].upper()}{says[clause][1:]}, as the protocol writes it", "left_out": False,
            "statuses": dict(zip(("met", "unmet", "unknown", "conflicting"), statuses, strict=True)),
            "fails": number(failing[:, n]), "open": number(opened[:, n]),
            "fails_alone": number(failing[:, n] & (fails == 1) & (opens == 0)),
            "fails_only": number(failing[:, n] & (fails == 1)),
            "open_alone": number(opened[:, n] & (fails == 0) & (opens == 1)),
        })  # fmt: skip
    sets: Counter[tuple[str, ...]] = Counter()
    for row, count in zip(failing, counts, strict=True):
        if row.any():
            sets[tuple(ids[n] for n in np.flatnonzero(row))] += int(count)
    common = sets.most_common(25)
    rest = sum(sets.values()) - sum(count for _, count in common)
    overlap: list[dict[str, Any]] = [{"clauses": list(own), "patients": count} for own, count in common]
    return {
        "verdicts": {
            "eligible": eligible, "undetermined": undetermined,
            "ineligible": int(counts.sum()) - eligible - undetermined,
        },
        "interval": {"certainly": eligible, "possibly": eligible + undetermined},
        "clauses": clauses,
        "attrition": {
            "protocol": steps(ids, range(len(ids)), failing, opened, counts),
            "best": steps(ids, best(failing, counts), failing, opened, counts),
        },
        "overlap": [*overlap, *([{"clauses": None, "patients": rest}] if rest else [])],
        "gap": gap(ids, says, undetermined, opened[fails == 0], counts[fails == 0]),
        "near": near(clauses),
    }  # fmt: skip


def best(failing: np.ndarray, counts: np.ndarray) -> list[int]:
    """Clauses in the greedy order."""
    left, rest, order = np.ones(len(counts), dtype=bool), list(range(failing.shape[1])), []
    while rest:
        n = max(rest, key=lambda n: (int(counts[left & failing[:, n]].sum()), -n))
        rest.remove(n)
        order.append(n)
        left &= ~failing[:, n]
    return order


def steps(
    ids: Sequence[str], order: Any, failing: np.ndarray, opened: np.ndarray, counts: np.ndarray
) -> list[dict[str, Any]]:
    """Attrition in an order."""
    possible, certain, made = np.ones(len(counts), dtype=bool), np.ones(len(counts), dtype=bool), []
    for n in order:
        out = int(counts[possible & failing[:, n]].sum())
        possible &= ~failing[:, n]
        certain &= ~failing[:, n] & ~opened[:, n]
        made.append({
            "clause": ids[n], "failed_here": out, "remaining_possible": int(counts[possible].sum()),
            "remaining_certain": int(counts[certain].sum()),
        })  # fmt: skip
    return made


def gap(
    ids: Sequence[str], says: Mapping[str, str], undetermined: int, opened: np.ndarray, counts: np.ndarray
) -> dict[str, Any]:
    """What is missing: an item a clause, decided when all its patient's open clauses are known."""
    sampled = min(undetermined, 500)
    whole = counts[opened.any(axis=1)]
    rows = opened[opened.any(axis=1)]
    scale = sampled / undetermined if undetermined else 0
    in_sample = {n: round(scale * int(whole[rows[:, n]].sum())) for n in range(len(ids))}
    order, known, before = [], np.zeros(len(ids), dtype=bool), 0
    for _ in range(12):

        def reached(n: int) -> int:
            return round(scale * int(whole[~(rows & ~(known | (np.arange(len(ids)) == n))).any(axis=1)].sum()))

        n = max((n for n in range(len(ids)) if not known[n]), key=reached)
        if reached(n) <= before:
            break
        order.append(
            {
                "item": f"not on record: {says[ids[n]]}",
                "asked": in_sample[n],
                "settles": reached(n) - before,
                "cumulative": reached(n),
            }
        )
        before, known[n] = reached(n), True
    codes = ("not_recorded", "date_imprecise", "unit_unusable", "sources_disagree", "person_must_judge")
    return {
        "patients": undetermined, "sampled": sampled,
        "clauses": [
            {"clause": clause, "open": int(whole[rows[:, n]].sum()),
             "open_alone": int(whole[rows[:, n] & (rows.sum(axis=1) == 1)].sum())}
            for n, clause in enumerate(ids)
        ],
        "items": [
            {"code": codes[n % 5], "concept": f"Concept{n}", "text": f"not on record: {says[ids[n]]}",
             "clauses": [ids[n]],
             "patients": int(whole[rows[:, n]].sum()), "in_sample": in_sample[n],
             "decides_alone": round(scale * int(whole[rows[:, n] & (rows.sum(axis=1) == 1)].sum()))}
            for n in sorted(in_sample, key=lambda n: -in_sample[n])[:14] if in_sample[n]
        ],
        "order": order,
    }  # fmt: skip


_UNITS = ("g/L", "days", "mL/min/1.73 m²", "% points", "× 10⁹/L", "× ULN")


def near(clauses: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Near misses of the clauses that alone keep out most; some have no distance."""
    made = []
    found = sorted((c for c in clauses if c["fails_only"]), key=lambda c: -c["fails_only"])
    for n, clause in enumerate(found[:8]):
        number, sampled = clause["fails_only"], min(clause["fails_only"], 500)
        middle = (4.5, 31.0, 8.25, 12.0, 0.35, 0.8)[n % 6]
        distances = {
            "unit": _UNITS[n % 6], "quartiles": [round(middle * 0.45, 3), middle, round(middle * 2.1, 3)],
            "within": [{"distance": round(middle * part, 3), "patients": round(sampled * share)}
                       for part, share in ((0.25, 0.12), (0.5, 0.28), (1, 0.5), (2, 0.73), (4, 0.96))],
        }  # fmt: skip
        made.append({
            "clause": clause["clause"], "patients": number, "sampled": sampled,
            "distances": None if n % 4 == 3 else distances,
            "kinds": {
                "permanent": sampled // 5, "later_record": sampled - sampled // 5 - sampled // 7, "time": sampled // 7,
            },
        })  # fmt: skip
    return made


HOSTILE = '<script>alert("1")</script>\'}}{{ 7*7 }} $\\frac{1}{2}$ ‮gnilaes‬ </svg></title>]]> &amp; 漢 ' + "W" * 120


def hostile(patients: int = 300) -> dict[str, Any]:
    """A document whose every text tries to break out of its place."""
    made = document(patients)
    made["source"] = {"kind": HOSTILE, HOSTILE: [HOSTILE]}
    made["disclaimer"] = HOSTILE
    made["unmapped"] = [{"vocabulary": HOSTILE, "code": HOSTILE, "display": HOSTILE, "count": 3},
                        {"vocabulary": None, "code": None, "display": None, "count": 2}]  # fmt: skip
    made["changes"] = {
        "without": ["START-NET:I10"], "thresholds": [{"trial": "START-NET", "clause": "I11", "text": HOSTILE}],
    }  # fmt: skip
    for each in made["trials"]:
        each["title"] = each["registry"] = each["version"] = HOSTILE
        for clause in each["clauses"]:
            clause["says"] = clause["quote"] = HOSTILE
        for item in each["gap"]["items"]:
            item["text"] = item["code"] = HOSTILE
        for step in each["gap"]["order"]:
            step["item"] = HOSTILE
        for miss in each["near"]:
            if miss["distances"]:
                miss["distances"]["unit"] = HOSTILE
            miss["kinds"][HOSTILE] = 1
    return made


def what_if() -> dict[str, Any]:
    """A clause left out and a number changed."""
    made = document(48_211, 5)
    made["changes"] = {
        "without": ["START-NET:I10"],
        "thresholds": [{"trial": "START-NET", "clause": "I11", "text": "90 g/L = 80 g/L"}],
    }
    own = made["trials"][0]
    for clause in own["clauses"]:
        clause["left_out"] = clause["clause"] == "I10"
    for steps_ in own["attrition"].values():
        steps_[:] = [step for step in steps_ if step["clause"] != "I10"]
    return made
