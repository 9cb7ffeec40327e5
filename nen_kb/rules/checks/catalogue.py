"""The catalogue of problems that rules can have.

A problem that *blocks* changes what the rules mean, or leaves it undefined: no program with it is ever
used.  The others are about the wording of the protocol, the proofs' trust and style.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One kind of problem."""

    code: str
    meaning: str
    blocks: bool = True


CATALOGUE: dict[str, Check] = {
    check.code: check
    for check in (
        # reading
        Check("unreadable", "A file is too long, not UTF-8, or holds control characters."),
        Check("missing-file", "A file that every knowledge base needs is not there."),
        Check("stray-file", "A file of rules lies where none is read."),
        Check("syntax", "The text is not in the rule language."),
        Check("not-a-rule", "Something other than a rule or a fact, such as an import."),
        Check("header-line", "A header line is neither a field nor the continuation of one."),
        Check("unknown-field", "A header field that does not exist, or not here."),
        Check("header-value", "A header field holds what it cannot hold."),
        Check("unknown-reason", "A reason code that does not exist."),
        Check("unknown-column-word", "A declaration uses a column word that does not exist."),
        Check("missing-header", "A trial, clause or predicate lacks a field it needs.", blocks=False),
        Check("no-section", "A clause stands under neither inclusion nor exclusion."),
        # names and columns
        Check("unknown-predicate", "An atom of a predicate that nothing defines."),
        Check("arity", "An atom has more or fewer arguments than its predicate."),
        Check("defined-twice", "A rule defines what the vocabulary gives."),
        Check("declared-twice", "A predicate or trial is declared a second time."),
        Check("unknown-name", "A constant that is no class, domain, trial, clause or word that can occur."),
        Check(
            "column-kind", "A column or variable holds two sorts of things, or a constant is not of its column's sort."
        ),
        Check("off-grid", "A numeral has more than six decimal places."),
        Check("quantity-unit", "A quoted quantity cannot be converted to the unit of its observable."),
        # evaluation
        Check("unsafe", "A variable is bound by no positive atom."),
        Check("builtin-unbound", "A built-in's input is bound by nothing, or a built-in is negated."),
        Check("recursive", "A predicate depends on itself."),
        Check("unstratified", "A predicate depends on its own negation."),
        # clauses
        Check("duplicate-clause", "Two clauses of a trial have one id."),
        Check("wrong-clause", "A rule for met or unmet does not belong to the clause it stands under."),
        Check("met-without-unmet", "A clause has rules for met or for unmet only."),
        Check("undefined-part", "A clause names a part that does not exist."),
        Check("part-without-parent", "No clause names the part, or two do, or a part has parts."),
        Check("clause-refers-to-clause", "A rule outside outcomes.dl reads met, unmet or an outcome."),
        Check("outcome-elsewhere", "A predicate of outcomes.dl also has rules elsewhere."),
        # the protocol's words
        Check("quote-not-in-source", "A quote does not stand in the protocol.", blocks=False),
        Check("order-of-protocol", "Clauses do not stand in the order of the protocol.", blocks=False),
        Check("uncovered-source", "A passage of the protocol is neither quoted nor set aside.", blocks=False),
        Check("number-unexplained", "A number stands neither in the quote nor in a `number` field.", blocks=False),
        # style
        Check("duplicate-rule", "Two rules say the same.", blocks=False),
        Check("singleton-variable", "A named variable occurs once.", blocks=False),
        Check("unused-predicate", "A predicate is defined or declared and never used.", blocks=False),
        # proofs about all patients
        Check("polarity", "Vaguer facts could make a clause met or unmet."),
        Check("needless-trust", "A polarity is trusted that is proved.", blocks=False),
        Check("undecided-pair", "The ontology leaves open whether two classes can coincide.", blocks=False),
    )
}


def blocking(code: str) -> bool:
    """Whether a program with such a problem must never be used; an unknown code blocks."""
    return code not in CATALOGUE or CATALOGUE[code].blocks
