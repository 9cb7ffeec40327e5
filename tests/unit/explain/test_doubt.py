"""How doubts add up: what must be found out together, and what suffices alone."""

from __future__ import annotations

from nen_kb.explain.doubt import BECAUSE, Reason, all_needed, any_suffices, because, most_useful
from nen_kb.rules.headers import REASONS


def missing(name: str) -> Reason:
    return Reason("not_recorded", name, f"no {name}")


def test_every_public_code_is_known() -> None:
    """The codes are those that rule headers may use, and each says what it makes of a verdict."""
    assert set(BECAUSE) == REASONS
    assert set(BECAUSE.values()) == {"missing", "conflict", "judgement"}


def test_needed_together_cost_more() -> None:
    """Two things that are both needed cost two each; either of two costs one."""
    both = all_needed([because(missing("a")), because(missing("b"))])
    assert both.cost == 2
    assert {cost for _, cost in both.reasons.values()} == {2}
    either = any_suffices([because(missing("a")), because(missing("b"))])
    assert either is not None
    assert either.cost == 1
    assert any_suffices([]) is None


def test_what_settles_either_way_comes_first() -> None:
    """A reason of both sides stands first; what is bare and of one side only is left out beside it."""
    met = any_suffices([because(missing("pregnancy")), because(missing("attestation"))])
    unmet = because(missing("attestation"))
    assert [reason.concept for reason in most_useful(met, unmet)] == ["attestation"]


def test_a_reason_of_one_side_is_kept_where_there_is_no_other() -> None:
    """One way is better than none."""
    assert [reason.concept for reason in most_useful(because(missing("scan")), None)] == ["scan"]


def test_one_record_is_named_once() -> None:
    """Of two reasons about the class and the date of one record the cheaper one is given."""
    unsure = Reason("date_imprecise", "Capecitabine", "when", ("treatments[0]",))
    vague = Reason("concept_too_general", "Temozolomide", "what", ("treatments[0]",))
    side = any_suffices([because(unsure), all_needed([because(vague), because(unsure)])])
    assert most_useful(side, side) == [unsure]
