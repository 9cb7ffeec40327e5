"""Why the latest value of a topic does not decide: nothing on record, unusable, astride the limit, of an unsure day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from nen_kb.explain import describe, wording
from nen_kb.explain.case import Judgement
from nen_kb.explain.doubt import Doubt, Reason, any_suffices, because
from nen_kb.explain.wording import closed
from nen_kb.facts.normalise import Row
from nen_kb.facts.records import Imaging, Measurement
from nen_kb.facts.values import NEG_INF, POS_INF
from nen_kb.rules.evaluate import Instance
from nen_kb.rules.ir import Atom, Constant

LATEST = frozenset({"latest", "highest"})
"""The library's predicates for the latest value of a topic: Patient, topic, Low, High."""

FAMILIES = ("SSTRImaging", "GlomerularFiltrationRate")
"""Classes whose members answer one question by different methods: a record of one is no record of another."""

Fails = Callable[[str, tuple[str | int | None, ...]], Doubt | None]


def missing(judgement: Judgement, topic: str) -> Doubt:
    """The doubt about a topic of which nothing is on record."""
    key = ("missing", topic)
    if key not in judgement.memo:
        judgement.memo[key] = because(_missing(judgement, topic))
    found = judgement.memo[key]
    assert isinstance(found, Doubt)
    return found


def _missing(judgement: Judgement, topic: str) -> Reason:
    classes = answers(judgement, topic)
    scans = [name for name in classes if judgement.domain(name) == "imaging"]
    for scan in scans:
        others = other_methods(judgement, scan)
        if others:
            texts = [describe.record(judgement, each) for each in others]
            return Reason("wrong_method", scan, wording.wrong_method(texts, judgement.label(scan)), others)
    if scans and len(scans) == len(classes):
        return Reason("not_recorded", scans[0], wording.missing_measurement(judgement.label(scans[0])))
    observable = judgement.ontology.observable(topic) if topic in judgement.ontology.names else None
    if observable is None or filler(judgement, topic):
        return Reason("not_recorded", topic, wording.missing_statement(topic_words(judgement, topic)))
    measured = observable.derived_from or topic
    return Reason(
        "not_recorded", measured, wording.missing_measurement(judgement.label(measured), _unit(judgement, measured))
    )


def _unit(judgement: Judgement, name: str) -> str:
    observable = judgement.ontology.observable(name)
    return observable.unit if observable else ""


def topic_words(judgement: Judgement, topic: str) -> str:
    """A topic in words: the label, or for one that no source records the words of the rules that fill it in."""
    fills = filler(judgement, topic)
    if fills and topic not in answers(judgement, topic):
        words = judgement.program.predicates[fills].header.get("concept").partition(":")[0]
        return words or judgement.label(topic)
    return judgement.label(topic)


def other_methods(judgement: Judgement, topic: str) -> tuple[str, ...]:
    """Records that answer the question of a topic by a method that does not count."""
    onto = judgement.ontology
    classes = [name for name in answers(judgement, topic) if name in onto.names]
    families = [family for family in FAMILIES if any(onto.isa(name, family) for name in classes)]
    found = []
    for record_id, record in judgement.prepared.records.items():
        if isinstance(record, Measurement):
            name, counts = record.observable, False  # one that counts would have given the topic a value
        elif isinstance(record, Imaging):
            name, counts = record.procedure, any(onto.overlaps(record.procedure, each) for each in classes)
        else:
            continue
        if any(onto.isa(name, family) for family in families) and not counts:
            found.append(record_id)
    return tuple(found)


def answers(judgement: Judgement, topic: str) -> tuple[str, ...]:
    """The classes whose records can answer a topic: itself, or those asked by the rules that fill it in."""
    fills = filler(judgement, topic)
    if not fills:
        return (topic,)
    return tuple(dict.fromkeys(asked_classes(judgement, fills))) or (topic,)


def filler(judgement: Judgement, topic: str) -> str:
    """The predicate that fills a topic of its own in, or an empty text."""
    for rule in judgement.rules_of("graded"):
        named = rule.head.terms[1]
        if isinstance(named, Constant) and named.value == topic:
            return next((item.predicate for item in rule.body if isinstance(item, Atom)), "")
    return ""


def filled(judgement: Judgement, predicate: str) -> str:
    """The topic that the predicate fills in, or an empty text."""
    for rule in judgement.rules_of("graded"):
        named = rule.head.terms[1]
        if isinstance(named, Constant) and any(isinstance(i, Atom) and i.predicate == predicate for i in rule.body):
            return str(named.value)
    return ""


def asked_classes(judgement: Judgement, predicate: str, depth: int = 3) -> Iterator[str]:
    """The classes that the rules of a predicate ask for, and those of the predicates they rest on."""
    for rule in judgement.rules_of(predicate):
        for item in rule.body:
            if not isinstance(item, Atom) or item.negated:
                continue
            if item.predicate == "isa":
                yield from (str(term.value) for term in item.terms if isinstance(term, Constant))
            elif (
                depth
                and judgement.program.predicates[item.predicate].role == "derived"
                and item.predicate not in LATEST
            ):
                yield from asked_classes(judgement, item.predicate, depth - 1)


def without_topics(judgement: Judgement, found: list[Reason]) -> list[Reason]:
    """Without a topic that no source records, where a record that would answer it is asked for as well."""
    asked = {reason.concept for reason in found if reason.code != "not_recorded" or not reason.records}
    kept = []
    for reason in found:
        classes = set(answers(judgement, reason.concept))
        if reason.code == "not_recorded" and reason.concept not in classes and asked & classes:
            continue
        kept.append(reason)
    return kept


class Values:
    """Looks behind an interval for what makes it wide."""

    def __init__(self, judgement: Judgement, fails: Fails) -> None:
        self.judgement = judgement
        self.fails = fails

    def undecided(self, topic: str, low: bool, passes: Callable[[int], bool], bound: str) -> Doubt | None:
        """Why the candidates for the latest value do not decide a comparison.

        ``passes`` says whether it holds for one end; ``low`` which end the rule compares.
        """
        judgement = self.judgement
        candidates = judgement.matches("candidate", (judgement.patient, topic, None, None, None, None, None))
        unsure = len(candidates) > 1 and judgement.holds("day_unsure", judgement.patient, topic)
        own, sure = (3, 4) if low else (4, 3)
        wide = [row for row in candidates if not passes(int(row[own])) and passes(int(row[sure]))]
        found = [doubt for row in wide if (doubt := self.behind("graded", row, bound))]
        if not unsure:
            return any_suffices(found)
        if found:
            return any_suffices(found)
        records = tuple(str(row[2]) for row in candidates)
        text = wording.latest_unsure([self._candidate(row) for row in candidates])
        return because(Reason("date_imprecise", self.concept(topic), text, records))

    def concept(self, topic: str) -> str:
        """The class a reason about the topic names: of a computed observable what is measured."""
        observable = self.judgement.ontology.observable(topic) if topic in self.judgement.ontology.names else None
        return (observable.derived_from or topic) if observable else topic

    def _candidate(self, row: Row) -> str:
        return describe.record(self.judgement, str(row[2]))

    def behind(self, predicate: str, row: Row, bound: str = "") -> Doubt | None:
        """What makes the interval of a row wide; None where nothing does."""
        reasons = list(dict.fromkeys(self._behind(predicate, row, bound)))
        return because(*reasons) if reasons else None

    def _behind(self, predicate: str, row: Row, bound: str, computed: bool = False) -> Iterator[Reason]:
        """``computed`` says that the bound is that of a result computed from the row."""
        if predicate in ("measurement", "scan", "uptake_extent"):
            yield from self._record(predicate, row, bound, computed)
        elif predicate == "age":
            if row[1] != row[2]:
                text = wording.age_unsure(self.judgement.prepared.patient.born, int(row[1]), int(row[2]))
                yield Reason("date_imprecise", "birth date", text)
        elif predicate in LATEST:
            for each in self.judgement.matches("candidate", (*row[:2], None, None, None, None, None)):
                if each[3] != each[4]:
                    yield from self._behind("graded", each, bound, computed)
        else:
            for instance in self.judgement.instances(predicate, row):
                yield from self._instance(instance, bound, computed)

    def _record(self, predicate: str, row: Row, bound: str, computed: bool) -> Iterator[Reason]:
        record_id, low, high = str(row[1]), int(row[-2]), int(row[-1])
        if low == high:
            return
        text = describe.record(self.judgement, record_id)
        record = self.judgement.record(record_id)
        name = str(row[2]) if predicate != "uptake_extent" else record.procedure if isinstance(record, Imaging) else ""
        if (low, high) != (NEG_INF, POS_INF):
            observable = self.judgement.ontology.observable(name) if name in self.judgement.ontology.names else None
            if observable and observable.derivation == "in-reference-range":
                text = wording.astride_range(text)
            else:
                text = wording.leaves_astride(text, bound) if computed else wording.astride(text, bound)
            yield Reason("straddles_limit", self.concept(name), text, (record_id,))
        elif predicate == "uptake_extent":
            yield Reason("not_recorded", name, wording.missing_extent(text), (record_id,))
        elif predicate == "scan":
            yield Reason("not_recorded", name, wording.missing_score(text), (record_id,))
        else:
            trouble = self.judgement.prepared.troubles.get((record_id, name))
            code = trouble.code if trouble and trouble.code else "unit_unusable"
            why = trouble.text if trouble else ""
            needs_limit = code == "not_recorded" and why
            text = wording.missing_limit(why, text) if needs_limit else wording.unusable(text, why)
            yield Reason(code, self.concept(name), text, (record_id,))

    def _instance(self, instance: Instance, bound: str, computed: bool) -> Iterator[Reason]:
        judgement = self.judgement
        found: list[Reason] = []
        atoms = [(step.item, step.values) for step in instance.steps if isinstance(step.item, Atom)]
        limits = [item.terms[2] for item, _ in atoms if item.predicate in TRUTHS]
        named = {str(value) for _, values in atoms for value in values} & judgement.ontology.names
        units = [known.unit for name in named if (known := judgement.ontology.observable(name))]
        unit = units[0] if units else "1"
        bound = next((describe.limit(term, unit) for term in limits if isinstance(term, Constant)), bound)
        computed = computed or any(_is_formula(judgement, item) for item, _ in atoms)
        record_id = next((str(v[1]) for a, v in atoms if not a.negated and a.predicate in _RECORDS), "")
        record_id = record_id or self._named_record(atoms)
        for item, values in atoms:
            if item.negated:
                if item.predicate == "isa":
                    text = wording.too_general(describe.record(judgement, record_id), judgement.label(str(values[1])))
                    found.append(Reason("concept_too_general", str(values[1]), text, (record_id,)))
            elif item.predicate == "doubtful":
                text = wording.unclear(describe.record(judgement, record_id))
                found.append(Reason("not_recorded", str(values[2]), text, (record_id,)))
            elif _is_wide(judgement, item.predicate, values):
                found += self._behind(item.predicate, values, bound, computed)
        if not found:
            for item, values in atoms:
                if item.negated:
                    doubt = self.fails(item.predicate, values)
                    found += [reason for reason, _ in doubt.reasons.values()] if doubt else []
        if not found and record_id and _is_wide(judgement, instance.rule.head.predicate, instance.row):
            topic = next((str(v[1]) for a, v in atoms if a.predicate == "isa" and str(v[1]) != str(v[0])), "")
            head = instance.rule.head
            topic = str(instance.row[1]) if head.predicate == "graded" else topic or filled(judgement, head.predicate)
            truth = next((i for i, _ in atoms if i.predicate in TRUTHS and i.terms[-1] in head.terms), None)
            if truth is not None and any(isinstance(term, Constant) and term.value == 0 for term in head.terms):
                text = self._not_ruled_out(record_id, topic, truth, bound)
            else:
                text = wording.unsettled(describe.record(judgement, record_id), judgement.label(topic))
            found.append(Reason("not_recorded", topic or record_id, text, (record_id,)))
        yield from found

    def _named_record(self, atoms: Iterable[tuple[Atom, Row]]) -> str:
        """The first record that a rule of the body speaks of."""
        predicates = self.judgement.program.predicates
        return next(
            (
                str(value)
                for item, values in atoms
                if not item.negated
                for column, value in zip(predicates[item.predicate].columns, values, strict=True)
                if column.word == "Record" and self.judgement.record(str(value))
            ),
            "",
        )

    def _not_ruled_out(self, record_id: str, topic: str, truth: Atom, limit: str) -> str:
        """Of a result that can only rule a condition out, and does not."""
        judgement = self.judgement
        rows = [row for name in ("found", "doubtful", "ruled_out") for row in judgement.model.rows(name)]
        stated = any(judgement.ontology.overlaps(str(row[2]), topic) for row in rows)
        text = describe.record(judgement, record_id)
        return closed.not_ruled_out(text, judgement.label(topic), truth.predicate, limit, stated)


TRUTHS = frozenset({"at_most", "below"})
"""The built-ins that say whether a comparison is true."""

_RECORDS = frozenset({"found", "doubtful", "ruled_out", "measurement", "scan", "treatment"})


def _is_formula(judgement: Judgement, item: Atom) -> bool:
    """Whether the atom computes a quantity other than the truth of a comparison."""
    known = judgement.program.predicates[item.predicate]
    return known.role == "builtin" and known.columns[-1].word == "High" and item.predicate not in TRUTHS


def _is_wide(judgement: Judgement, predicate: str, row: Row) -> bool:
    """Whether the row holds an interval that is more than a point."""
    columns = judgement.program.predicates[predicate].columns
    if judgement.program.predicates[predicate].role == "builtin":
        return False
    return any(
        one.word == "Low" and other.word == "High" and low != high
        for one, other, low, high in zip(columns, columns[1:], row, row[1:], strict=False)
    )
