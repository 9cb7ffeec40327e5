"""The certificate of a proof: everything it rests on, so that it can be checked without asking anybody.

The document that ``nen-kb explain --format json`` prints::

    {"result": as screen prints it for one trial,
     "proofs": [a proof for each clause asked about, see ``render_json``],
     "knowledge_base": {"version", "rules_sha256", "ontology_sha256"},
     "certificate": {
        "patient": the whole patient as read, see ``facts.patient_json``,
        "patient_sha256": a seal over it,
        "day": ISO date judged,
        "facts": {predicate: [row]},     what the rules read: of the patient, the ontology, the protocols
        "tables": {predicate: [row]}},   what the rules derive from that, every row of every predicate
     "disclaimer": a sentence}

``proof.schema.json`` beside this file describes it field by field.  Rows stand in a fixed order; names are
texts, quantities ten-millionths of the canonical unit, days ordinals.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from nen_kb.explain.case import Judgement
from nen_kb.facts import patient_json
from nen_kb.facts.dates import iso
from nen_kb.facts.patient_text import to_text
from nen_kb.facts.records import Patient
from nen_kb.rules.instances import Row, sort_key


def certificate(judgement: Judgement) -> dict[str, Any]:
    """What every proof of one judgement rests on."""
    patient = judgement.prepared.patient
    return {
        "patient": patient_json.to_json(patient),
        "patient_sha256": seal(patient),
        "day": iso(judgement.day),
        "facts": listed(judgement.base_rows),
        "tables": listed({name: judgement.model.rows(name) for name in judgement.program.order}),
    }


def listed(tables: Mapping[str, Iterable[Row]]) -> dict[str, list[list[str | int]]]:
    """Tables as JSON: by name, the rows in order."""
    return {name: [list(row) for row in sorted(tables[name], key=sort_key)] for name in sorted(tables)}


def seal(patient: Patient) -> str:
    """The SHA-256 of the patient's JSON.

    It tells whether two documents speak of the same records, and betrays an accidental change of one that no
    premise mentions.  It proves nothing about who wrote the records: whoever changes them can seal them anew.
    """
    return hashlib.sha256(to_text(patient).encode("utf-8", "surrogatepass")).hexdigest()
