"""Reads a question in the rule language: the body of a rule, asked of a program's predicates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nen_kb.errors import Problem, RulesError
from nen_kb.rules.chunks import Statement, decode
from nen_kb.rules.columns import OntologyLike, resolve
from nen_kb.rules.headers import suggestion
from nen_kb.rules.ir import Atom, BodyItem, Column, Constant, Header, Kind, Place, Program, Term, Variable
from nen_kb.rules.reading import atom_problems
from nen_kb.rules.strata import unsafe
from nen_kb.rules.syntax import LONGEST_RULE, parse

_FILE = "query"


@dataclass(frozen=True)
class Query:
    """A question about one patient's facts, ready to be evaluated."""

    body: tuple[BodyItem, ...]
    variables: tuple[Variable, ...]
    """The named variables, in the order in which the text first names them."""
    columns: tuple[Column, ...]
    """What each variable holds: the column of the first positive atom that binds it."""
    names: frozenset[str]
    """The quoted names in it; classes among them are asked about."""


def read_query(program: Program, text: str, ontology: OntologyLike) -> Query:
    """Reads ``met(P, T, C) & measurement(P, E, 'Hemoglobin', Lo, Hi)``.

    Constants are read by their columns as in rules.  The text is data and is never executed.  Raises
    RulesError with all that is wrong.
    """
    plain, problems = decode(text.encode(errors="replace")[: 4 * LONGEST_RULE], _FILE)
    line = " ".join(plain.split())
    if not problems and (not line or "#" in line):
        problems = [Problem(_FILE, "1", "this is no question", "Write atoms, joined with `&`.", "syntax")]
    if problems:
        raise RulesError(problems)
    rule, problems = parse(Statement(f"answer() <= ({line})", 1), _FILE, "", Header((), Place(_FILE, 1)))
    if rule is None:
        raise RulesError(problems)
    arities = {name: (predicate.arity, "the vocabulary") for name, predicate in program.predicates.items()}
    for item in rule.body:
        if isinstance(item, Atom):
            problems += atom_problems(item, arities)
    if not problems:
        rules, _, problems = resolve([rule], program.predicates, ontology)
        rule = rules[0]
        problems += [*unsafe(rule, program.predicates), *_name_problems(rule.body, program, ontology)]
    if problems:
        raise RulesError(problems)
    columns: dict[Variable, Column] = {}
    for item in rule.body:
        if isinstance(item, Atom) and not item.negated:
            for term, column in zip(item.terms, program.predicates[item.predicate].columns, strict=True):
                if isinstance(term, Variable) and not term.name.startswith("_"):
                    columns.setdefault(term, column)
    variables = tuple(dict.fromkeys(t for t in _terms(rule.body) if isinstance(t, Variable) and t in columns))
    names = frozenset(str(t.value) for t in _terms(rule.body) if isinstance(t, Constant) and t.kind is Kind.NAME)
    return Query(rule.body, variables, tuple(columns[variable] for variable in variables), names)


def _name_problems(body: tuple[BodyItem, ...], program: Program, ontology: OntologyLike) -> Iterator[Problem]:
    """Quoted names that are no class, trial or clause: a misspelt one would pass for "none"."""
    known = {
        "Concept": frozenset(ontology.names),
        "Trial": frozenset(trial.id for trial in program.trials),
        "Clause": frozenset(clause.id for trial in program.trials for clause in trial.clauses),
    }
    known["Class"] = known["Asked"] = known["Concept"]
    for item in body:
        if not isinstance(item, Atom):
            continue
        for term, column in zip(item.terms, program.predicates[item.predicate].columns, strict=True):
            names = known.get(column.word)
            if isinstance(term, Constant) and names is not None and term.value not in names:
                message = f"there is no {column.word.lower() if column.word != 'Asked' else 'class'} {term.text}"
                remedy = suggestion(str(term.value), names) or "Look it up in the ontology or the rules."
                yield Problem(_FILE, "1", message, remedy, "unknown-name")


def _terms(body: tuple[BodyItem, ...]) -> list[Term]:
    return [t for item in body for t in (item.terms if isinstance(item, Atom) else (item.left, item.right))]
