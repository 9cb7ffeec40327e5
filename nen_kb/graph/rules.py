"""Trials, clauses, rules and policies as triples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nen_kb.facts.values import from_grid
from nen_kb.graph.reach import Reach, Reached, Threshold, Window
from nen_kb.graph.terms import LABEL, TYPE, Triple, below, data, decimal, g, integer, nen, quantity, text
from nen_kb.ontology import Ontology
from nen_kb.rules.ir import Atom, Clause, Kind, Program, Rule, Trial

SIDES = ("met", "unmet")
_HEADER = {
    "reading": "reading",
    "says": "says",
    "damaged": "damaged",
    "manual": "manual",
    "closed": "closedWorld",
    "changes": "changes",
}


def clause_iri(trial: str, clause: str) -> str:
    """The clause or part of a trial."""
    return data("clause", trial, clause)


def trial_iri(trial: str) -> str:
    """The trial."""
    return data("trial", trial)


def rule_iri(rule: Rule) -> str:
    """The rule, by file and line."""
    return data("rule", *rule.place.file.split("/"), rule.place.line)


def predicate_iri(name: str) -> str:
    """The predicate of that name."""
    return data("predicate", name)


def classes_asked(program: Program, ontology: Ontology) -> frozenset[str]:
    """The classes that clauses depend on."""
    reach = Reach(program, ontology)
    found: set[str] = set()
    for trial in program.trials:
        for clause in trial.clauses:
            for side in SIDES:
                found |= reach.of_clause(side, trial.id, clause.id).concepts
    return frozenset(found)


def rules_triples(program: Program, ontology: Ontology) -> Iterator[Triple]:
    """Everything about the protocols and the rules."""
    reach = Reach(program, ontology)
    for name, predicate in program.predicates.items():
        this = predicate_iri(name)
        yield this, TYPE, g("Predicate")
        yield this, LABEL, text(name)
        yield this, g("predicateName"), text(name)
        yield this, g("role"), text(predicate.role)
        for field, term in (("means", "means"), ("concept", "wording"), ("source", "literature")):
            if predicate.header.get(field):
                yield this, g(term), text(predicate.header.get(field))
    for rule in program.rules:
        yield from _rule(rule, program)
    for rule, number in reach.policies():
        yield rule_iri(rule), TYPE, g("Policy")
        value = str(from_grid(int(number.value))) if number.kind is Kind.VALUE else str(number.value)
        yield rule_iri(rule), g("value"), text(value)
    written: set[Threshold | Window] = set()
    for rule in program.rules:
        found = reach.of_rule(rule)
        yield from _named(rule, found)
        yield from _numbers(found, ontology, written, (rule_iri(rule), g("hasThreshold"), g("hasWindow")))
    for trial in program.trials:
        yield from _trial(trial, reach, ontology, written)


def _rule(rule: Rule, program: Program) -> Iterator[Triple]:
    this = rule_iri(rule)
    yield this, TYPE, g("Rule")
    yield this, LABEL, text(str(rule.place))
    yield this, g("ruleText"), text(str(rule))
    yield this, g("file"), text(rule.place.file)
    yield this, g("line"), integer(rule.place.line)
    yield this, g("derives"), predicate_iri(rule.head.predicate)
    for field, term in (("reading", "reading"), ("source", "literature")):
        if rule.header.get(field) and not rule.place.clause:
            yield this, g(term), text(rule.header.get(field))
    for item in rule.body:
        if isinstance(item, Atom) and item.predicate in program.predicates:
            yield this, g("negates" if item.negated else "uses"), predicate_iri(item.predicate)


def _named(rule: Rule, found: Reached) -> Iterator[Triple]:
    for concept in sorted(found.concepts):
        yield rule_iri(rule), g("constrains"), nen(concept)


def _threshold_iri(found: Threshold) -> str:
    parts = (found.index, found.concept) if found.concept else (found.index,)
    return below(rule_iri(found.rule), "threshold", *parts)


def _window_iri(found: Window) -> str:
    return below(rule_iri(found.rule), "window", found.index)


def _numbers(
    found: Reached, ontology: Ontology, written: set[Threshold | Window], link: tuple[str, str, str]
) -> Iterator[Triple]:
    """The thresholds and windows, each described once, and the links to them."""
    subject, has_threshold, has_window = link
    for threshold in found.thresholds:
        yield subject, has_threshold, _threshold_iri(threshold)
        if threshold not in written:
            written.add(threshold)
            yield from _threshold(threshold, ontology)
    for window in found.windows:
        yield subject, has_window, _window_iri(window)
        if window not in written:
            written.add(window)
            yield _window_iri(window), TYPE, g("Window")
            yield _window_iri(window), g(window.unit), integer(window.count)
            yield _window_iri(window), g("inRule"), rule_iri(window.rule)
            if window.policy:
                yield _window_iri(window), g("underPolicy"), predicate_iri(window.policy)


def _threshold(found: Threshold, ontology: Ontology) -> Iterator[Triple]:
    this = _threshold_iri(found)
    point = int(found.limit.value)
    number = quantity(point) if found.limit.kind is Kind.VALUE else decimal(from_grid(point * 10**7))
    yield this, TYPE, g("Threshold")
    yield this, g("operator"), text("=" if found.operator == "==" else found.operator)
    if number is not None:
        yield this, g("value"), number
    yield this, g("written"), text(found.limit.text.strip("'\"") or str(from_grid(point)))
    yield this, g("inRule"), rule_iri(found.rule)
    yield this, g("onPredicate"), predicate_iri(found.predicate)
    if found.concept:
        yield this, g("onConcept"), nen(found.concept)
        observable = ontology.observable(found.concept)
        if observable is not None:
            yield this, g("unit"), text(observable.unit)


def _trial(trial: Trial, reach: Reach, ontology: Ontology, written: set[Threshold | Window]) -> Iterator[Triple]:
    this = trial_iri(trial.id)
    yield this, TYPE, g("Trial")
    yield this, LABEL, text(trial.id)
    yield this, g("trialId"), text(trial.id)
    yield this, g("version"), text(trial.version)
    yield this, f"<{_TITLE}>", text(trial.title)
    yield this, g("protocolText"), text(trial.source)
    if trial.header.get("registry"):
        yield this, g("registry"), text(trial.header.get("registry"))
    for order, clause in enumerate(trial.clauses, start=1):
        yield this, g("hasClause"), clause_iri(trial.id, clause.id)
        yield from _clause(clause, order)
        yield from _depends(clause, trial, reach, ontology, written)


_TITLE = "http://purl.org/dc/terms/title"


def _clause(clause: Clause, order: int) -> Iterator[Triple]:
    this = clause_iri(clause.trial, clause.id)
    yield this, TYPE, g("Clause")
    yield this, TYPE, g("Inclusion" if clause.kind == "inclusion" else "Exclusion")
    yield this, LABEL, text(f"{clause.trial} {clause.id}")
    yield this, g("clauseId"), text(clause.id)
    yield this, g("ofTrial"), trial_iri(clause.trial)
    yield this, g("order"), integer(order)
    yield this, g("mode"), text(clause.mode)
    if clause.parent:
        yield clause_iri(clause.trial, clause.parent), g("hasPart"), this
    for quote in clause.header.all("quote"):
        yield this, g("quote"), text(quote)
    for field, term in _HEADER.items():
        if clause.header.get(field):
            yield this, g(term), text(clause.header.get(field))


def _depends(
    clause: Clause, trial: Trial, reach: Reach, ontology: Ontology, written: set[Threshold | Window]
) -> Iterator[Triple]:
    """What the clause depends on; a clause with parts on what its parts do."""
    this = clause_iri(trial.id, clause.id)
    lets_in = "met" if clause.kind == "inclusion" else "unmet"
    for side in SIDES:
        link = g("admitsBy" if side == lets_in else "excludesBy")
        whole = Reached()
        for one in (clause.id, *clause.parts):
            whole.add(reach.of_clause(side, trial.id, one))
        for rule in reach.rules_of_clause(side, trial.id, clause.id):
            yield rule_iri(rule), g("decides"), this
            yield rule_iri(rule), g("side"), text(side)
        yield from _numbers(whole, ontology, written, (this, g("hasThreshold"), g("hasWindow")))
        yield from ((this, link, _threshold_iri(found)) for found in whole.thresholds if not found.as_truth)
        yield from _links(this, "dependsOn", map(nen, whole.concepts))
        yield from _links(this, "dependsOnPredicate", map(predicate_iri, whole.predicates))
        yield from _links(this, "needsClosure", map(text, whole.domains))
        yield from _links(this, "underPolicy", map(predicate_iri, whole.policies))


def _links(subject: str, name: str, objects: Iterable[str]) -> Iterator[Triple]:
    for found in sorted(objects):
        yield subject, g(name), found
