"""A whole cohort: read, numbered, judged, exported; stopped anywhere and gone on with.

    reading     each batch of the source into a folder of its own, in any order, by any process
    numbering   patients of one id are told apart, every patient gets a number
    judging     each batch becomes a part of the run, with its statuses
    exports     statuses, verdicts, problems, what could not be mapped

The folder of a batch or part takes its name when it is whole.  Started again, a run keeps what is whole and makes the
rest; the manifest says ``complete`` last of all.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from nen_kb.cohort import planning
from nen_kb.cohort.batches import Batch, Plan
from nen_kb.cohort.export import FORMATS, Format, export, files_of, verdict_counts, write_problems, write_unmapped
from nen_kb.cohort.files import digest, remove_unfinished, whole_folder, write_json, writing
from nen_kb.cohort.lock import LOCK, locked
from nen_kb.cohort.numbering import Renamed, renamed
from nen_kb.cohort.pool import Job, Pool, pool
from nen_kb.cohort.progress import Progress
from nen_kb.cohort.sources import plan_source
from nen_kb.cohort.store import FORMAT, MANIFEST, Part, Run, read_manifest
from nen_kb.cohort.work import Settings
from nen_kb.errors import PatientError, Problem, UsageError
from nen_kb.explain.wording.report import DISCLAIMER
from nen_kb.facts.dates import iso
from nen_kb.facts.records import Note
from nen_kb.knowledge_base import KnowledgeBase
from nen_kb.sources.addresses import is_address
from nen_kb.sources.fhir.spill import route

PART_SIZE = 20_000
SMALL = 2_000_000
"""A source of fewer bytes is read faster than other processes are started."""
SAME = ("knowledge_base", "source", "engine", "index_date", "limits_sha256", "part")
"""What a run that is gone on with must have in common with its beginning."""
LISTS = ("problems.csv", "unmapped.csv", "summary.json", "feasibility.html", "patterns.parquet")
OWN = (MANIFEST, LOCK, "tmp", "parts", *LISTS)
"""Everything a run writes into its folder, beside the exports."""
_SHOWN = 20


@dataclass(frozen=True)
class Request:
    """What to judge, by what, and where to put it."""

    source: str
    output: Path
    rules: Path | None = None
    ontology: Path | None = None
    limits: Path | None = None
    as_of: int | None = None
    engine: Literal["duckdb", "spark"] = "duckdb"
    form: Format = "parquet"
    part: int = PART_SIZE
    workers: int = 1
    memory: str | None = None
    restart: bool = False
    complete: tuple[str, ...] = ()
    """Domains that the user declares complete; only of a CDM, which cannot say so itself."""


@dataclass
class Made:
    """A run that is complete."""

    run: Run
    verdicts: dict[str, dict[str, int]]
    unmapped: int
    """How many different concepts could not be mapped."""
    kept: int = 0
    """Parts that an earlier start had made."""


@dataclass
class _Making:
    request: Request
    kb: KnowledgeBase
    progress: Progress
    manifest: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.request.output

    @property
    def numbering(self) -> Path:
        """Where the numbers and names of the patients are kept."""
        return self.folder / "tmp" / "numbers.json"

    def settings(self) -> Settings:
        told = self.request
        return Settings(
            folder=told.output,
            rules=told.rules,
            ontology=told.ontology,
            limits=told.limits,
            as_of=told.as_of,
            today=date.fromisoformat(self.manifest["begun"]).toordinal(),
            memory=shared_memory(told.memory, told.workers),
            judged=told.engine == "duckdb",
        )

    # ── beginning, or going on ──────────────────────────────────────────────

    def begin(self, plan: Plan) -> bool:
        """Write the manifest, or find that of the same run; whether that one is complete."""
        wanted = {
            "knowledge_base": self.kb.identity.to_json(),
            "source": plan.description,
            "engine": self.request.engine,
            "index_date": None if self.request.as_of is None else iso(self.request.as_of),
            "limits_sha256": None if self.request.limits is None else digest(self.request.limits),
            "part": self.request.part,
        }
        before = None if self.request.restart else read_manifest(self.folder)
        if before is not None:
            different = [name for name in SAME if _compared(before.get(name)) != _compared(wanted[name])]
            if different:
                raise UsageError(_other_run(self.folder, different))
            self.manifest = before
            remove_unfinished(self.folder)
            return bool(before["state"] == "complete")
        self._clear()
        self.manifest = {
            "format": FORMAT,
            "state": "running",
            **wanted,
            "documents": plan.documents,
            "begun": date.today().isoformat(),
            "trials": [trial.id for trial in self.kb.trials],
            "patients": 0,
            "problems": 0,
            "disclaimer": DISCLAIMER,
        }
        write_json(self.folder / MANIFEST, self.manifest)
        return False

    def _clear(self, keep: Sequence[str] = ()) -> None:
        own = {*OWN, *(name for form in FORMATS for name in files_of(form))}
        others = sorted(each.name for each in self.folder.iterdir() if each.name not in own)
        others = [name for name in others if not (name.startswith(".") and name.endswith(".tmp"))]
        if others:
            message = f"the folder holds other things ({', '.join(others[:3])}{', …' * (len(others) > 3)})"
            remedy = "Give a folder of its own for the run; it is made if it is not there."
            raise UsageError(Problem(str(self.folder), "", message, remedy, "folder-in-use"))
        for name in sorted(own - {LOCK, *keep}):
            path = self.folder / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    # ── reading ─────────────────────────────────────────────────────────────

    def batches(self, plan: Plan, workers: Pool) -> list[Batch]:
        """Every batch of the plan, the pools sorted by patient first."""
        found = list(plan.batches)
        for place, each in enumerate(plan.pools):
            home = self.settings().scratch / "sorted" / f"{place:05d}"
            spills = [home / f"{number:05d}" for number in range(len(each.files))]
            count = planning.buckets_of(each)
            jobs: list[Job] = [
                ("sort", path, out, count)
                for path, out in zip(each.files, spills, strict=True)
                if not (out / "counts.json").exists()
            ]
            self._run("sorting by patient", jobs, len(spills), workers)
            counts = [json.loads((out / "counts.json").read_text(encoding="utf-8")) for out in spills]
            plan.notes += planning.strangers(each, [own["others"] for own in counts])
            routed = home / "routed"
            if not routed.exists():
                with writing(self.folder), whole_folder(routed) as made:
                    told = route(spills, list(each.files), made, count)
                    write_json(made / "notes.json", [[note.path, note.message, note.kind] for note in told])
            plan.notes += [Note(*each) for each in json.loads((routed / "notes.json").read_text(encoding="utf-8"))]
            people = [sum(own["people"].get(str(bucket), 0) for own in counts) for bucket in range(count)]
            found += planning.cut_pool(each, spills, routed, people, self.request.part)
        return found

    def read(self, plan: Plan, batches: Sequence[Batch], workers: Pool) -> None:
        """Read every batch that neither waits nor is a part already."""
        settings = self.settings()
        numbered = self.numbering.exists()  # if not, parts that are there do not say how the ids were told apart
        told: list[Note | Problem] = [*plan.problems, *plan.notes]
        jobs: list[Job] = [
            ("read", number, batch, told if number == 0 else [])
            for number, batch in enumerate(batches)
            if not (numbered and _whole(settings.part(number))) and not _whole(settings.read(number))
        ]
        self._run("reading", jobs, len(batches), workers)

    def _run(self, what: str, jobs: list[Job], total: int, workers: Pool) -> None:
        self.progress.begin(what, total, total - len(jobs))
        before = workers.patients
        try:
            for _ in workers.run(
                jobs, lambda done: self.progress.show(total - len(jobs) + done, workers.patients - before)
            ):
                pass
        finally:
            self.progress.end()

    # ── numbering and judging ───────────────────────────────────────────────

    def numbers(self, count: int) -> tuple[list[int], Renamed]:
        """The number of the first patient of each batch, and who is renamed; settled once for all starts."""
        settings, path = self.settings(), self.numbering
        if not path.exists():
            parts = [Part.read(settings.read(number)) for number in range(count)]
            names = renamed(parts)
            firsts = [sum(part.patients for part in parts[:number]) for number in range(count)]
            noted = {
                str(batch): {
                    str(number): [name, note.path, note.message, note.kind] for number, (name, note) in own.items()
                }
                for batch, own in names.items()
            }
            write_json(path, {"first": firsts, "names": noted})
        found = json.loads(path.read_text(encoding="utf-8"))
        given = {
            int(batch): {int(number): (name, Note(*note)) for number, (name, *note) in own.items()}
            for batch, own in found["names"].items()
        }
        return found["first"], given

    def judge(self, count: int, workers: Pool) -> int:
        """Make every part that is not whole yet; returns how many were."""
        settings = self.settings()
        firsts, names = self.numbers(count)
        kept = [number for number in range(count) if _whole(settings.part(number))]
        jobs: list[Job] = [
            ("finish", number, firsts[number], names.get(number, {}))
            for number in range(count)
            if number not in set(kept)
        ]
        self._run("judging", jobs, count, workers)
        return len(kept)

    # ── the end ─────────────────────────────────────────────────────────────

    def end(self, summarise: Summarise | None) -> None:
        """Exports and lists; then, and only then, the run is complete."""
        run = Run.open(self.folder, unfinished=True)
        patients = run.patients
        problems = write_problems(run.parts, self.folder)
        if not patients:
            shown = [Problem(**row) for part in run.parts for row in part.problems().slice(0, _SHOWN).to_pylist()]
            self._clear(keep=("problems.csv",))  # so that the folder can be given again, with another source
            raise PatientError([*shown[:_SHOWN], *planning.nobody(self.request.source).problems])
        self.progress.begin("writing statuses", len(run.parts), 0)
        export(run.parts, self.kb.program, self.folder, self.request.form)
        write_unmapped(run.parts, self.folder)
        self.manifest |= {"patients": patients, "problems": problems}
        if summarise is not None:
            summarise(Run(self.folder, self.manifest, self.kb.ontology))
        self.manifest["state"] = "complete"
        write_json(self.folder / MANIFEST, self.manifest)
        shutil.rmtree(self.settings().scratch, ignore_errors=True)  # not before: a run that goes on needs it


Summarise = Callable[[Run], None]
"""Writes further files about a run into its folder, before it is called complete."""


def make(
    request: Request, kb: KnowledgeBase, progress: Progress | None = None, summarise: Summarise | None = None
) -> Made:
    """Judge a cohort, or go on with it.

    Raises UsageError for a source that is not there and for a folder that holds another run, PatientError for a source
    without a patient, EngineError if the engine fails or disagrees with the evaluator, DiskError for a full disk.
    """
    if request.part < 1 or request.workers < 1:
        message = "parts and workers are counted from 1"
        raise UsageError(Problem("nen-kb cohort", "", message, "Write --part 20000 --workers 2.", "bad-number"))
    shared_memory(request.memory, request.workers)  # said before anything is done
    _check_places(request)
    with writing(request.output):
        request.output.mkdir(parents=True, exist_ok=True)
        with locked(request.output):
            return _make(_Making(request, kb, progress or Progress()), summarise)


def _make(making: _Making, summarise: Summarise | None) -> Made:
    request, kb = making.request, making.kb
    told = (request.source, request.part, request.output, kb.ontology, kb.program, request.as_of, request.complete)
    plan = plan_source(*told)
    if not plan.batches and not plan.pools:
        raise PatientError([*plan.problems, *planning.nobody(request.source).problems])
    if making.begin(plan):
        shutil.rmtree(making.settings().scratch, ignore_errors=True)
        run = Run.open(request.output, ontology=kb.ontology)
        damaged = [part.path for part in run.parts if not _as_written(part)]
        if damaged:
            remedy = "Copy the folder of the run again, or make the run anew with --restart."
            raise PatientError(
                [Problem(str(path), "", "this part is not as the run wrote it", remedy, "bad-part") for path in damaged]
            )
        if not all((request.output / name).exists() for name in files_of(request.form)):
            export(run.parts, kb.program, request.output, request.form)
        if not all((request.output / name).exists() for name in ("problems.csv", "unmapped.csv")):
            write_problems(run.parts, request.output)
            write_unmapped(run.parts, request.output)
        if summarise is not None:
            summarise(run)
        return _made(run, kb, len(run.parts))
    settings = making.settings()
    small = int(plan.description.get("bytes", SMALL)) < SMALL
    with pool(settings, 1 if small else request.workers, kb) as workers:
        batches = making.batches(plan, workers)
        making.read(plan, batches, workers)
        kept = making.judge(len(batches), workers)
    if request.engine == "spark":
        from nen_kb.cohort.cluster import judge_parts  # needs Spark

        judge_parts(Run.open(request.output, unfinished=True).parts, kb, making.progress)
    making.end(summarise)
    return _made(Run.open(request.output, ontology=kb.ontology), kb, kept)


def _check_places(request: Request) -> None:
    """Raises UsageError where the output is a file, or is or holds the source: a restart would throw it away."""
    output = request.output.resolve()
    if output.exists() and not output.is_dir():
        remedy = "Name a folder; it is made if it is not there."
        raise UsageError(Problem(str(request.output), "--output", "this is no folder", remedy, "no-folder"))
    if is_address(request.source):
        return
    source = Path(request.source).resolve()
    if source == output or output in source.parents:
        message = f"the source {request.source} is this folder, or lies in it"
        remedy = "Give another folder for the run; a source is only read."
        raise UsageError(Problem(str(request.output), "--output", message, remedy, "output-is-source"))


def _compared(value: Any) -> Any:
    """What a run is compared by: files by their names, sizes and times, however the way to them is written."""
    if isinstance(value, dict) and "state_sha256" in value:
        return {name: own for name, own in value.items() if name != "path"}
    return value


def _made(run: Run, kb: KnowledgeBase, kept: int) -> Made:
    with (run.path / "unmapped.csv").open(encoding="utf-8") as file:
        unmapped = sum(1 for _ in file) - 1
    return Made(run, verdict_counts(run.parts, kb.program), unmapped, kept)


def _whole(folder: Path) -> bool:
    """Whether a folder holds a whole part, every file as it was written; what is not is thrown away."""
    if not folder.exists():
        return False
    try:
        part = Part.read(folder)
        whole = _as_written(part)
    except PatientError:
        whole = False
    if not whole:
        shutil.rmtree(folder)
    return whole


def _as_written(part: Part) -> bool:
    try:
        return all(digest(part.path / name) == value for name, value in part.files.items())
    except OSError:
        return False


def _other_run(folder: Path, different: Sequence[str]) -> list[Problem]:
    words: Mapping[str, str] = {
        "knowledge_base": "the rules, the ontology or the version of nen-kb",
        "source": "the source, or what it holds",
        "engine": "the engine",
        "index_date": "the day judged (--as-of)",
        "limits_sha256": "the table of limits",
        "part": "the size of the parts (--part)",
    }
    remedy = "Give another folder, or --restart to throw the earlier run away."
    return [
        Problem(str(folder), name, f"it holds a run that differs in {words[name]}", remedy, "other-run")
        for name in different
    ]


def shared_memory(memory: str | None, workers: int) -> str | None:
    """The memory of one of so many databases: ``4GB`` for two is ``2048MB`` each.  Raises UsageError."""
    if memory is None:
        return None
    units = {"KB": 1 / 1024, "MB": 1.0, "GB": 1024.0, "TB": 1024.0**2}
    number, unit = memory.strip()[:-2], memory.strip()[-2:].upper()
    try:
        megabytes = float(number) * units[unit] / workers
    except (KeyError, ValueError):
        megabytes = 0.0
    if megabytes < 16:
        message = f"{memory!r} is no amount of memory that is enough"
        raise UsageError(Problem("nen-kb cohort", "--memory", message, "Write it as 4GB or 900MB.", "bad-memory"))
    return f"{megabytes:.0f}MB"
