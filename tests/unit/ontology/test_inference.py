"""The small inference: what follows from definitions by intersection and existential, and nothing else."""

from __future__ import annotations

from nen_kb.ontology.inference import Axioms, Expression, Some, direct


def all_of(*parts: str | Some) -> Expression:
    return frozenset(parts)


def has(relation: str, *filler: str | Some) -> Some:
    return Some(relation, all_of(*filler))


def above(axioms: Axioms, *names: str) -> dict[str, set[str]]:
    return {name: set(found) - {name} for name, found in axioms.inferred(names).items()}


DRUG = all_of("Therapy", has("nuclide", "Hot"), has("ligand", "Binder"))


def test_what_is_all_of_a_definition_is_of_the_class() -> None:
    axioms = Axioms(
        below=[("New", all_of("Therapy", has("nuclide", "Lu"), has("ligand", "Tate"))), ("Lu", all_of("Hot"))],
        defines=[(DRUG, "Radioligand"), (all_of(has("binds", "Receptor")), "Binder")],
    )
    axioms.below.append(("Tate", all_of(has("binds", "Receptor"))))
    found = above(axioms, "New", "Therapy", "Radioligand", "Lu", "Hot", "Tate", "Binder", "Receptor")
    assert found["New"] == {"Therapy", "Radioligand"}
    assert found["Tate"] == {"Binder"}
    assert found["Therapy"] == set()


def test_a_part_that_is_missing_or_too_general_proves_nothing() -> None:
    axioms = Axioms(
        below=[
            ("Cold", all_of("Therapy", has("ligand", "Binder"))),
            ("Vague", all_of("Therapy", has("nuclide", "Nuclide"), has("ligand", "Binder"))),
            ("Other", all_of("Procedure", has("nuclide", "Hot"), has("ligand", "Binder"))),
            ("Swapped", all_of("Therapy", has("ligand", "Hot"), has("nuclide", "Binder"))),
            ("Hot", all_of("Nuclide")),
        ],
        defines=[(DRUG, "Radioligand")],
    )
    names = ("Cold", "Vague", "Other", "Swapped", "Therapy", "Procedure", "Radioligand", "Hot", "Nuclide", "Binder")
    found = above(axioms, *names)
    assert all("Radioligand" not in found[name] for name in ("Cold", "Vague", "Other", "Swapped", "Therapy"))


def test_the_parts_must_be_of_one_filler() -> None:
    """Two ligands, of which one is labelled and the other binds, are not one labelled ligand that binds."""
    axioms = Axioms(
        below=[
            ("Two", all_of(has("ligand", "Labelled"), has("ligand", "Binder"))),
            ("One", all_of(has("ligand", "Labelled", "Binder"))),
        ],
        defines=[(all_of(has("ligand", "Labelled", "Binder")), "Tracer")],
    )
    found = above(axioms, "One", "Two", "Labelled", "Binder", "Tracer")
    assert found["One"] == {"Tracer"}
    assert found["Two"] == set()


def test_what_a_parent_holds_the_child_holds() -> None:
    axioms = Axioms(
        below=[("Child", all_of("Parent")), ("Parent", all_of(has("ligand", "Binder")))],
        defines=[(all_of("Child", has("ligand", "Binder")), "Same")],
    )
    assert above(axioms, "Child", "Parent", "Same", "Binder")["Child"] == {"Parent", "Same"}


def test_what_is_learnt_of_a_filler_late_still_counts() -> None:
    axioms = Axioms(
        below=[("A", all_of(has("part", "B"))), ("B", all_of(has("part", "C"))), ("C", all_of("Red"))],
        defines=[(all_of("Red"), "Coloured"), (all_of(has("part", "Coloured")), "Mixed")],
    )
    axioms.defines.append((all_of(has("part", "Mixed")), "Deep"))
    found = above(axioms, "A", "B", "C", "Red", "Coloured", "Mixed", "Deep")
    assert found["C"] == {"Red", "Coloured"}
    assert found["B"] == {"Mixed"}
    assert found["A"] == {"Deep"}


def test_a_property_counts_for_those_above_it_only() -> None:
    axioms = Axioms(
        below=[("Below", all_of(has("strong", "X"))), ("Above", all_of(has("weak", "X")))],
        defines=[(all_of(has("weak", "X")), "Weakly"), (all_of(has("strong", "X")), "Strongly")],
        relations={"strong": {"weak"}, "weak": set()},
    )
    found = above(axioms, "Below", "Above", "X", "Weakly", "Strongly")
    assert found["Below"] == {"Strongly", "Weakly"}
    assert found["Above"] == {"Weakly"}


def test_having_anything_at_all_is_enough_for_a_domain() -> None:
    axioms = Axioms(below=[("A", all_of(has("ligand", "B")))], defines=[(all_of(has("ligand")), "Carrier")])
    found = above(axioms, "A", "B", "Carrier")
    assert found["A"] == {"Carrier"}
    assert found["B"] == set()


def test_definitions_that_go_in_a_circle_end() -> None:
    axioms = Axioms(
        below=[("A", all_of(has("part", "B"))), ("B", all_of(has("part", "A")))],
        defines=[(all_of(has("part", "A")), "B"), (all_of(has("part", "B")), "A")],
    )
    assert above(axioms, "A", "B") == {"A": set(), "B": set()}


def test_only_the_nearest_of_what_was_found_becomes_a_parent() -> None:
    told = {"New": {"Therapy"}, "Radioligand": {"Systemic"}, "Systemic": {"Therapy"}, "Therapy": set[str]()}
    found = {
        "New": frozenset({"New", "Therapy", "Radioligand", "Systemic"}),
        "Radioligand": frozenset({"Radioligand", "Systemic", "Therapy"}),
        "Systemic": frozenset({"Systemic", "Therapy"}),
        "Therapy": frozenset({"Therapy"}),
    }
    assert direct(told, found)["New"] == {"Therapy", "Radioligand"}
    assert direct(told, found)["Radioligand"] == {"Systemic"}
