"""The published schema of a proof: it admits what is written, and nothing else."""

from __future__ import annotations

import copy
import json
from dataclasses import fields
from typing import Any

import jsonschema
import pytest
from proof_documents import Maker, patients

from nen_kb.explain import proof as nodes
from nen_kb.explain.checking.proof_file import SCHEMA
from nen_kb.explain.doubt import BECAUSE
from nen_kb.ontology import Ontology
from nen_kb.rules.evaluate import Evaluator

Schema = dict[str, Any]


@pytest.fixture(scope="module")
def schema() -> Schema:
    found = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(found)
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def documents(ontology: Ontology, evaluator: Evaluator) -> list[Any]:
    maker = Maker(ontology, evaluator)
    chosen = patients(ontology, 250)
    return [maker.document(result, alternatives=True) for each in chosen for result in maker.results(each)]


def test_every_document_fits(schema: Schema, documents: list[Any]) -> None:
    validator = jsonschema.Draft202012Validator(schema)
    for document in documents:
        validator.validate(document)
    assert len(documents) >= 8


def _objects(value: Any) -> list[dict[str, Any]]:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict) else []
    return [*own, *(found for child in children for found in _objects(child))]


def test_no_unknown_field_fits(schema: Schema, documents: list[Any]) -> None:
    """In an object of any form: the parts of the document, records of the patient, nodes of each kind."""
    validator = jsonschema.Draft202012Validator(schema)
    document = copy.deepcopy(documents[-1])
    forms: dict[object, dict[str, Any]] = {}
    for found in _objects(document):
        forms.setdefault(found.get("kind", tuple(found)), found)
    assert len(forms) > 25
    for form, found in forms.items():
        found["extra"] = {}
        assert not validator.is_valid(document), form
        del found["extra"]


def test_the_schema_knows_each_kind_of_node_with_its_fields(schema: Schema) -> None:
    """A field added to a node and not to the schema fails here."""
    kinds = [kind for kind in vars(nodes).values() if isinstance(kind, type) and issubclass(kind, nodes.Node)]
    for node in set(kinds) - {nodes.Node}:
        known = set(schema["$defs"][node.kind]["properties"])
        assert known - {"children"} == {"kind"} | {field.name for field in fields(node)} - {"children"}, node.kind


def test_the_schema_knows_each_reason(schema: Schema) -> None:
    assert schema["$defs"]["code"]["enum"] == list(BECAUSE)
