"""The vocabulary of the graph, ``https://w3id.org/nen-kb/graph#`` (prefix ``g:`` below).

Everything here is also in the graph itself, as labels and comments.  How the parts hang together::

    g:Trial ─g:hasClause→ g:Clause ─g:hasPart→ g:Clause
    g:Clause ←g:decides─ g:Rule ─g:derives→ g:Predicate, ─g:uses→ / ─g:negates→ g:Predicate
    g:Rule ─g:constrains→ class of the ontology, ─g:hasThreshold→ g:Threshold, ─g:hasWindow→ g:Window
    g:Clause ─g:dependsOn→ class and ─g:dependsOnPredicate→ g:Predicate, through all the rules it reaches
    g:Patient ─g:hasRecord→ g:Finding, g:Measurement, g:Treatment, g:Scan, g:Declaration ─g:concept→ class
    g:Patient ─g:hasVerdict→ g:Verdict ─prov:wasDerivedFrom→ g:Status ─prov:wasDerivedFrom→ g:Derivation
    g:Derivation ─g:byRule→ g:Rule, ─prov:wasDerivedFrom→ g:Derivation, record, g:ClassRelation, g:Absence
    g:Status ─g:reason→ g:Reason (what keeps an open clause open)

Quantities are decimals in the canonical unit of their observable, days are ``xsd:date``.  What is not
known has no triple: a value without ``g:high`` has no upper end.
"""

from __future__ import annotations

from collections.abc import Iterator

from nen_kb.graph.terms import COMMENT, DATA, GRAPH, LABEL, OWL, PROV, RDF, RDFS, TYPE, Triple, g, text

ONTOLOGY = f"<{GRAPH[:-1]}>"

CLASSES: dict[str, str] = {
    "KnowledgeBase": "The rules and the ontology that gave the answers of this graph.",
    "Trial": "One version of a trial's protocol.",
    "Clause": "A criterion of a trial, or a part of one.",
    "Inclusion": "A clause that must be true of the patient.",
    "Exclusion": "A clause that must not be true of the patient.",
    "Predicate": "What rules derive, read from the record, or compute.",
    "Rule": "One Datalog rule.",
    "Policy": "A choice that no protocol makes, fixed once for all trials.",
    "Threshold": "A comparison of a quantity with a number, in a rule.",
    "Window": "A number of days or months that a rule counts back.",
    "ClassRelation": "What the hierarchy says of two classes: one is a kind of the other, or they overlap, or not.",
    "Patient": "One patient as the sources know her on the index date.",
    "Record": "Something a source recorded about a patient.",
    "Finding": "A diagnosis, metastasis, assessment, attestation or state, present or absent.",
    "Measurement": "Anything recorded with a number.",
    "Treatment": "A drug, procedure or radiotherapy given.",
    "Scan": "An imaging procedure, with its Krenning score where known.",
    "Declaration": "A source's word that its record of a domain is complete up to a day.",
    "Source": "A file that records came from.",
    "Verdict": "Whether a patient is eligible for a trial, as far as the record goes.",
    "Status": "Whether the sentence of a clause is true of a patient.",
    "Reason": "One thing that keeps a clause from being decided.",
    "Derivation": "A statement that a rule derived about a patient; the shortest derivation is shown.",
    "Absence": "A premise that says none, and the records it ranged over that came near.",
}

_SUBCLASSES = {
    "Inclusion": "Clause",
    "Exclusion": "Clause",
    "Policy": "Rule",
    "Finding": "Record",
    "Measurement": "Record",
    "Treatment": "Record",
    "Scan": "Record",
    "Declaration": "Record",
}
_PROV_ENTITIES = ("Record", "Source", "Rule", "Verdict", "Status", "Derivation", "Absence", "ClassRelation")

PROPERTIES: dict[str, str] = {
    # trials
    "hasClause": "From a trial to each clause and part.",
    "hasPart": "From a clause to its parts.",
    "ofTrial": "The trial of a clause or verdict.",
    "clauseId": "The clause's number in the protocol, such as I7 or I11a.",
    "trialId": "The trial's name in the rules.",
    "registry": "The trial's registry number.",
    "version": "The version of a protocol or of the knowledge base.",
    "protocolText": "The protocol text, verbatim.",
    "order": "The place of a clause in the order of the protocol, from 1.",
    "mode": "single: has rules of its own; all: needs all parts; any: needs one.",
    "quote": "The protocol's own words.",
    "reading": "How the words are understood.",
    "says": "A few words for summaries.",
    "damaged": "What is lost or contradictory in the protocol text.",
    "manual": "Why only a person can settle the clause.",
    "closedWorld": "Why absence from a complete record counts as no.",
    "changes": "permanent or recoverable: whether a later record can change it, where the rules say so.",
    # rules
    "predicateName": "The predicate's name in the rules.",
    "role": "base: from the record; given: from ontology or protocol; builtin: computed; derived: by rules.",
    "means": "What a predicate means.",
    "wording": "The concept a predicate stands for, in words.",
    "literature": "Where a definition or formula comes from.",
    "file": "The file a rule or record stands in.",
    "line": "The line a rule begins on.",
    "ruleText": "The rule as text.",
    "derives": "The predicate a rule derives.",
    "uses": "A predicate a rule reads.",
    "negates": "A predicate whose absence a rule reads.",
    "decides": "The clause a rule shows met or unmet.",
    "side": "met or unmet: which of the two a rule shows.",
    "constrains": "A class that a rule names.",
    "hasThreshold": "A comparison with a number that a rule or clause makes, also through the rules it reaches.",
    "admitsBy": "A threshold on the side of a clause that lets the patient in.",
    "excludesBy": "A threshold on the side of a clause that keeps the patient out.",
    "hasWindow": "A count of days or months that a rule or clause uses, also through the rules it reaches.",
    "dependsOn": "A class that the rules of a clause ask about, or whose result such a class is computed from.",
    "dependsOnPredicate": "A predicate that the rules of a clause reach.",
    "needsClosure": "A domain whose declared completeness the rules of a clause read.",
    "underPolicy": "A policy that the rules of a clause read.",
    "onConcept": "The class a threshold is about.",
    "onPredicate": "The predicate a threshold's quantity comes from.",
    "operator": "The comparison that must hold: <, <=, >, >=, = or !=.",
    "value": "The number of a threshold in the canonical unit, or the word of a status or verdict.",
    "unit": "The unit of a number, in UCUM notation.",
    "written": "A value, name or limit as its source wrote it.",
    "days": "How many days a window counts back.",
    "months": "How many months a window counts back.",
    "inRule": "The rule a threshold or window stands in.",
    # ontology
    "kindOf": "From each class to itself and every class above it, as the rules see the hierarchy.",
    "disjointFrom": "From each class that clauses ask about to every class of its branch that nothing of it can be.",
    "relation": "isa, overlaps or disjoint.",
    "narrow": "The first class of a relation.",
    "wide": "The second class of a relation.",
    "canonicalUnit": "The unit in which rules compare an observable, inherited where it has none of its own.",
    # patients
    "patientId": "The patient's id in her source.",
    "sex": "Female or Male, as recorded.",
    "indexDate": "The day eligibility is judged.",
    "plannedStart": "Planned start of study treatment, where given.",
    "birth": "The days a patient may have been born on.",
    "extentLow": "The lower end of the share of lesions with uptake: 0 none, 1 a minority, 2 a majority, 3 all.",
    "extentHigh": "The upper end of the share of lesions with uptake.",
    "hasRecord": "From a patient to a record.",
    "ofPatient": "The patient of a record, status, verdict or derivation.",
    "concept": "The class a record names.",
    "about": "The other finding a finding speaks of.",
    "presence": "present, absent or unknown.",
    "low": "The lower end of a quantity, in the canonical unit.",
    "high": "The upper end of a quantity, in the canonical unit.",
    "upperLimit": "The upper limit of normal, as written.",
    "trouble": "Why a value cannot be used.",
    "firstDay": "The first day a record may be of; of a treatment the first day it may have begun.",
    "lastDay": "The last day a record may be of; of a treatment the last day it may have ended.",
    "startedBy": "The last day a treatment may have begun.",
    "endedFrom": "The first day a treatment may have ended.",
    "ongoing": "Whether a treatment goes on.",
    "endKnown": "Whether the end of a treatment is on record.",
    "krenningLow": "The lower end of the Krenning score.",
    "krenningHigh": "The upper end of the Krenning score.",
    "domain": "conditions, treatments or imaging.",
    "asOf": "The day up to which a record is declared complete.",
    "arm": "The arm of a trial the patient was randomised to, as trial and number.",
    "path": "The place of a record in its file.",
    "sourceText": "Free text of the source, such as a report's number.",
    # answers
    "hasVerdict": "From a patient to a verdict.",
    "hasStatus": "From a patient to the status of a clause.",
    "ofClause": "The clause of a status.",
    "effect": "passes, fails or open: what the status means for the patient.",
    "because": "missing, conflict or judgement: what keeps an undetermined verdict open.",
    "recoverable": "Of an ineligible patient, whether time or a later record could lift every failing clause.",
    "eligibleFrom": "The first later day on which the same facts give eligible.",
    "reason": "From an open status to what keeps it open.",
    "code": "The code of a reason, such as not_recorded.",
    "reasonAbout": "The class, or the word for something else, that a reason is about.",
    "reasonText": "A reason in one phrase.",
    "rank": "The place of a reason: what settles the clause soonest comes first, from 1.",
    "onRecord": "A record that a reason speaks of.",
    "restsOn": "From a status to every record its shortest derivations use.",
    "setsAside": "From a status or an absence to a record of the right kind that was looked at and does not count.",
    "byRule": "The rule that derived a statement.",
    "statement": "A derived statement as text.",
    "rulesSha256": "The hash of the rules.",
    "ontologySha256": "The hash of the ontology.",
}

_SUBPROPERTIES = {"byRule": f"{PROV}wasInfluencedBy", "restsOn": f"{PROV}wasInfluencedBy"}


def vocabulary() -> Iterator[Triple]:
    """The vocabulary as triples."""
    yield ONTOLOGY, TYPE, f"<{OWL}Ontology>"
    yield ONTOLOGY, LABEL, text("nen-kb graph vocabulary", "en")
    yield ONTOLOGY, COMMENT, text(f"Trials, rules, patients and answers; the things themselves lie under {DATA}.", "en")
    for name, comment in CLASSES.items():
        yield g(name), TYPE, f"<{RDFS}Class>"
        yield g(name), LABEL, text(_words(name), "en")
        yield g(name), COMMENT, text(comment, "en")
    for name, parent in _SUBCLASSES.items():
        yield g(name), f"<{RDFS}subClassOf>", g(parent)
    for name in _PROV_ENTITIES:
        yield g(name), f"<{RDFS}subClassOf>", f"<{PROV}Entity>"
    for name, comment in PROPERTIES.items():
        yield g(name), TYPE, f"<{RDF}Property>"
        yield g(name), LABEL, text(_words(name), "en")
        yield g(name), COMMENT, text(comment, "en")
    for name, above in _SUBPROPERTIES.items():
        yield g(name), f"<{RDFS}subPropertyOf>", f"<{above}>"


def _words(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
