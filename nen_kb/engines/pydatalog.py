"""pyDatalog as an engine: the only module that imports it, and the one that knows its traps.

- No text is ever given to it: ``load`` and ``ask`` of text run Python.  Clauses are built from the IR as objects,
  with names of their own (``s0p7``, ``X2``), so that no word of the rules can mean something to pyDatalog.
- Values are strings and whole numbers only; it rounds floats, takes True for 1 and stumbles over None.
- Rules are not recursive, bodies come in a safe order and every predicate is declared.
- Facts are not asserted: a predicate whose rows are given, or computed by a built-in, is a *primitive*, a Python
  function that pyDatalog calls.  So one patient's facts are there while that patient is judged, and nothing remains.
- A session has a ``Logic`` of its own and serves one thread at a time.  One that failed is thrown away.
- Tables are lost between two questions, so each stage is one question.

Before that the program is narrowed to the question (``specialise``), cut into ``stages``, and pruned by the patient's
facts (``leaves``), for many records with its rules cut into ``parts``: all of it general rewriting, nothing about a
trial.
"""

from __future__ import annotations

import gc
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from nen_kb.engines.base import Base
from nen_kb.engines.leaves import Alive, Facts
from nen_kb.engines.patients import by_patient
from nen_kb.engines.specialise import Call, Literal, Specialised, Static, specialise, static_predicates
from nen_kb.engines.stages import stages
from nen_kb.errors import EngineError, Problem
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.evaluate import require_order, with_query
from nen_kb.rules.ir import BodyItem, Comparison, Constant, Program, Term, Variable
from nen_kb.rules.plan import Row

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # invalid escapes in its source, when it is compiled on first use
    from pyDatalog import Logic, pyEngine

KEPT = 16
"""So many different questions are kept ready."""

MANY_RECORDS = 48
"""From about so many rows in one predicate of a patient on it pays to cut the rules into parts first."""


class PyDatalogEngine:
    """Evaluates a program with pyDatalog.  Any number of threads may use it.

    For a patient with ``many`` rows in one predicate the rules are cut into parts first.
    Raises ValueError for a program that is not in stratified order.
    """

    def __init__(self, program: Program, many: int = MANY_RECORDS) -> None:
        require_order(program)
        self._program = program
        self._many = many
        self._derived = frozenset(program.order)
        self._ready: OrderedDict[object, _Ready] = OrderedDict()
        self._lock = threading.Lock()

    def rows(self, base: Base, predicates: Collection[str]) -> dict[str, frozenset[Row]]:
        """The rows of each of those predicates.

        Raises EngineError if pyDatalog fails, ValueError for rows of a predicate that rules derive.
        """
        return self._rows(self._program, tuple(sorted(set(predicates))), base)

    def query(self, base: Base, body: Sequence[BodyItem], variables: Sequence[Variable]) -> frozenset[Row]:
        """The values of the variables for every way to satisfy the body, which must be safe."""
        program, name = with_query(self._program, body, variables)
        return self._rows(program, (name,), base, (tuple(body), tuple(variables)))[name]

    def _rows(
        self, program: Program, asked: tuple[str, ...], base: Base, question: object = None
    ) -> dict[str, frozenset[Row]]:
        if derived := sorted(self._derived.intersection(base)):
            raise ValueError(f"derived by rules and cannot be given: {', '.join(derived)}")
        static = {name: frozenset(base.get(name, ())) for name in static_predicates(program)}
        with self._lock:
            key = (asked, question)
            ready = self._ready.pop(key, None)
            if ready is None or ready.static != static:
                ready = _Ready(program, asked, static)
            self._ready[key] = ready
            if len(self._ready) > KEPT:
                self._ready.popitem(last=False)
        found: dict[str, set[Row]] = {name: set() for name in asked}
        with ready.session() as session, _no_collection():
            for patient, facts in by_patient(base, ready.patient_columns):
                for name, rows in session.run(Facts(facts), patient, self._many).items():
                    if name in found:
                        found[name].update(rows)
        return {name: frozenset(rows).union(base.get(name, ())) for name, rows in found.items()}


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pauses the garbage collector, which halves the time: an answer makes many small objects and drops them all.

    Of threads that overlap, the first to finish lets it run again.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


class _Ready:
    """A question made ready, and the sessions that wait to answer it."""

    def __init__(self, program: Program, asked: Collection[str], static: Static) -> None:
        self.program = program
        self.static = static
        self.stages: list[Specialised] = []
        known: list[str] = []
        for names in stages(program, asked):
            self.stages.append(specialise(program, names, static, tuple(known)))
            known += names
        self.patient_columns = self.stages[0].patient if self.stages else {}
        self._waiting: list[_Session] = []
        self._alive: dict[bool, list[Alive]] = {}

    def alive(self, apart: bool) -> list[Alive]:
        """For each stage its rules, cut into parts or not."""
        if apart not in self._alive:
            self._alive[apart] = [Alive(self.program, narrowed, apart) for narrowed in self.stages]
        return self._alive[apart]

    @contextmanager
    def session(self) -> Iterator[_Session]:
        """A session for this thread alone; it is kept for others unless something went wrong in it."""
        if not hasattr(Logic.tl, "logic"):
            Logic()  # what pyDatalog keeps for each thread
        before = Logic.tl.logic
        try:
            try:
                session = self._waiting.pop()
            except IndexError:
                session = _Session(self, Logic())
            Logic.tl.logic = session.logic
            yield session
        except Exception as error:
            raise EngineError(
                Problem(
                    "pyDatalog",
                    "",
                    f"the engine failed with {type(error).__name__}; no answer is given",
                    "Please report it with the version of the knowledge base.",
                    "engine-failed",
                )
            ) from None
        else:
            self._waiting.append(session)
        finally:
            Logic.tl.logic = before


class _Session:
    """The question's rules inside pyDatalog.  Its logic must be the current one of the thread that uses it."""

    def __init__(self, ready: _Ready, logic: Any) -> None:
        self.logic = logic
        self._ready = ready
        self._stages: dict[bool, list[_Stage]] = {}

    def run(self, facts: Facts, patient: str | None, many: int) -> dict[str, set[Row]]:
        """The rows of every predicate the stages compute."""
        apart = facts.most(self._ready.patient_columns) >= many
        if apart not in self._stages:
            self._stages[apart] = [
                _Stage(narrowed, alive, f"{'d' if apart else 's'}{number}")
                for number, (narrowed, alive) in enumerate(
                    zip(self._ready.stages, self._ready.alive(apart), strict=True)
                )
            ]
        found: dict[str, set[Row]] = {}
        for stage in self._stages[apart]:
            for name, rows in stage.run(facts, patient).items():
                facts.add(name, rows)
                found[name] = rows
        return found


class _Stage:
    """One narrowed program inside pyDatalog: its predicates, and the clauses that are alive just now."""

    def __init__(self, narrowed: Specialised, alive: Alive, prefix: str) -> None:
        self._narrowed = narrowed
        self._alive = alive
        self._asked = list(narrowed.asked.items())
        self._constants = _Constants()
        self._predicates: dict[Call, tuple[Any, Any]] = {}
        self._clauses: dict[tuple[int, tuple[int, ...]], Any] = {}
        self._distinct: dict[Any, Any] = {}
        self._asserted: set[Any] = set()
        self._leaves: dict[int, _Leaf] = {}
        for call, number in alive.numbers.items():
            predicate = self._declare(f"{prefix}p{number}", call)
            if number in alive.computed:
                predicate.prim = _computed(call, predicate, self._constants)
            elif number in alive.given or number in alive.parts:
                leaf = self._leaves[number] = _Leaf(predicate, self._constants)
                predicate.prim = leaf.answer
        self._width = max(len(call.columns) for _, call in self._asked)
        self._goal = self._predicates[self._asked[0][1]][0].name
        if len(self._asked) > 1:
            self._goal = f"{prefix}goal"
            for number in range(len(self._asked)):
                self._collect(number)

    def _collect(self, number: int) -> None:
        """Makes the rows of one predicate asked answers of the goal: its number, its arguments, and zeros."""
        _, call = self._asked[number]
        arguments = _variables(len(call.columns))
        padding = [self._constants.fixed(0)] * (self._width - len(arguments))
        head = pyEngine.Literal(self._goal, [self._constants.fixed(number), *arguments, *padding])
        _add(pyEngine.Clause(head, [pyEngine.Literal(self._predicates[call][0], arguments)]))

    def run(self, facts: Facts, patient: str | None) -> dict[str, set[Row]]:
        """The rows of the predicates asked."""
        pruned = self._alive.prune(facts)
        self._assert(pruned.rules)
        for number, rows in pruned.rows.items():
            self._leaves[number].begin(rows)
        for number in pruned.parts:
            part = self._alive.parts[number]
            rows = self._ask(self._predicates[part.whole][0].name, len(part.whole.columns))
            self._leaves[number].begin(part.matter(rows))
        tagged = len(self._asked) > 1
        answers = self._ask(self._goal, self._width + tagged)
        for leaf in self._leaves.values():
            leaf.begin([])
        self._constants.forget()
        found: dict[str, set[Row]] = {name: set() for name, _ in self._asked}
        for number, *values in answers if tagged else [(0, *each) for each in answers]:
            name, call = self._asked[number]
            row = tuple(values[: len(call.columns)])
            place = self._narrowed.patient.get(name)
            found[name].add(row if place is None else (*row[:place], patient, *row[place:]))
        return found

    def _ask(self, name: str, width: int) -> list[Row]:
        """Asks pyDatalog for the rows of a predicate."""
        answers: list[Row] = pyEngine.Literal(name, _variables(width)).ask()
        return answers

    def _declare(self, name: str, call: Call) -> Any:
        """Makes the call's predicate and its negation known."""
        arguments = _variables(len(call.columns))
        predicate = pyEngine.Literal(name, arguments).pred
        self._predicates[call] = predicate, pyEngine.Literal(f"~{name}", arguments).pred
        return pyEngine.insert(predicate)

    def _assert(self, alive: Sequence[tuple[int, tuple[int, ...]]]) -> None:
        """Leaves exactly those rules asserted, each without the places of its body that need no answer.

        What is left of two rules may be one and the same clause, which pyDatalog then holds, and forgets, once.
        """
        wanted = {self._clauses.get(key) or self._clause(*key) for key in alive}
        for clause in self._asserted - wanted:
            pyEngine.retract(clause)
        for clause in wanted - self._asserted:
            _add(clause)
        self._asserted = wanted

    def _clause(self, number: int, idle: tuple[int, ...]) -> Any:
        rule = self._alive.rules[number]
        variables: dict[Term, Any] = {}

        def term(each: Term) -> Any:
            if isinstance(each, Constant):
                return self._constants.fixed(each.value)
            return variables.setdefault(each, pyEngine.Var(f"X{len(variables)}"))

        def literal(item: Literal | Comparison) -> Any:
            if isinstance(item, Comparison):
                return pyEngine.Literal(item.op, [term(item.left), term(item.right)])
            return pyEngine.Literal(self._predicates[item.call][item.negated], list(map(term, item.terms)))

        body = [literal(item) for place, item in enumerate(rule.body) if place not in idle]
        clause = pyEngine.Clause(literal(rule.head), body)
        clause = self._clauses[number, idle] = self._distinct.setdefault(clause.get_id(), clause)
        return clause


class _Constants:
    """pyDatalog's constants: those of the rules, and those of the patient at hand, which are forgotten again."""

    def __init__(self) -> None:
        self._fixed: dict[str | int, Any] = {}
        self._passing: dict[str | int, Any] = {}

    def fixed(self, value: str | int) -> Any:
        """A constant of the rules."""
        return self._fixed.setdefault(value, _constant(value))

    def of(self, value: str | int) -> Any:
        """A constant of the facts."""
        constant = self._passing.get(value)
        if constant is None:
            constant = self._passing[value] = _constant(value)
        return constant

    def forget(self) -> None:
        """Drops the constants of the facts."""
        self._passing.clear()


class _Leaf:
    """A predicate whose rows are given: pyDatalog asks, and is told the rows that match."""

    def __init__(self, predicate: Any, constants: _Constants) -> None:
        self._predicate = predicate
        self._constants = constants
        self.begin([])

    def begin(self, rows: Sequence[Row]) -> None:
        """From now on these are the rows."""
        self._rows = rows
        self._facts: list[Any] | None = None
        self._index: dict[tuple[int, ...], dict[Row, list[Any]]] = {}

    def answer(self, literal: Any, subgoal: Any) -> None:
        """pyDatalog's side: tells the subgoal every fact that matches the literal."""
        if not self._rows:
            return
        if self._facts is None:
            of, predicate = self._constants.of, self._predicate
            self._facts = [pyEngine.Literal(predicate, list(map(of, row))) for row in self._rows]
        facts = self._facts
        terms = literal.terms
        bound = tuple([place for place, term in enumerate(terms) if isinstance(term, pyEngine.Const)])
        if bound:
            facts = self._find(bound).get(tuple([terms[place].id for place in bound]), [])
        if len(terms) - len(bound) > 1 and len({term.id for term in terms}) < len(terms):
            facts = [fact for fact in facts if literal.match(fact.terms) is not None]
        for fact in facts:
            subgoal.fact(fact)

    def _find(self, bound: tuple[int, ...]) -> dict[Row, list[Any]]:
        index = self._index.get(bound)
        if index is None:
            index = self._index[bound] = {}
            for row, fact in zip(self._rows, self._facts or (), strict=True):
                index.setdefault(tuple([row[place] for place in bound]), []).append(fact)
        return index


def _computed(call: Call, predicate: Any, constants: _Constants) -> Callable[[Any, Any], None]:
    """A primitive that computes a built-in."""
    builtin = BUILTINS[call.predicate]
    fixed: Mapping[int, str | int] = dict(call.constants)
    places = {column: place for place, column in enumerate(call.columns)}

    def compute(literal: Any, subgoal: Any) -> None:
        terms = list(literal.terms)
        inputs = [fixed[column] if column in fixed else terms[places[column]].id for column in builtin.inputs]
        outputs = builtin.function(*inputs)
        if outputs is None:
            return
        for column, value in zip(builtin.outputs, outputs, strict=True):
            if column not in fixed:
                terms[places[column]] = constants.of(value)
            elif fixed[column] != value:
                return
        if literal.match(terms) is not None:
            subgoal.fact(pyEngine.Literal(predicate, terms))

    return compute


def _constant(value: str | int) -> Any:
    if type(value) not in (str, int):  # to pyDatalog True is 1, as is 1.0
        raise TypeError(f"a fact cannot hold a {type(value).__name__}")
    return pyEngine.Const(value)


def _add(clause: Any) -> None:
    pyEngine.assert_(clause)  # noqa: PT009 (pyDatalog's function, not a method of unittest)


def _variables(count: int) -> list[Any]:
    return [pyEngine.Var(f"X{number}") for number in range(count)]
