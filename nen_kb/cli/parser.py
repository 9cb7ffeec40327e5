"""The words of the command line."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path


def make_parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    parser = argparse.ArgumentParser(
        prog="nen-kb",
        description="Is this patient eligible for a trial of peptide receptor radionuclide therapy, "
        "clause by clause, and why?",
        epilog="Decision support for professionals, never the decision.  Exit codes: 0 done, 2 wrong use, 10 rules, "
        "11 ontology, 12 patient data, 13 engine.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    screen = commands.add_parser("screen", help="verdict and clause statuses for each patient and trial")
    screen.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="a case file, a FHIR bundle or resource, a patient as RDF, a folder of them, or of a cohort run",
    )
    screen.add_argument("--trial", action="append", metavar="T", help="only this trial (may be repeated)")
    screen.add_argument("--format", choices=("text", "json", "html"), default="text")
    screen.add_argument(
        "--notes", action="store_true", help="list everything that was not understood, not only a summary"
    )

    explain = commands.add_parser("explain", help="the justification, down to protocol sentence and source datum")
    explain.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="a case file, a FHIR bundle or resource, a patient as RDF, a folder of them, or of a cohort run",
    )
    explain.add_argument("trial", metavar="TRIAL")
    explain.add_argument(
        "clause", nargs="?", metavar="CLAUSE", help="a clause or part, such as I10 or I11a; all by default"
    )
    explain.add_argument("--patient", metavar="ID", help="which patient, where the file holds several")
    explain.add_argument("--format", choices=("text", "json", "html", "mermaid", "dot"), default="text")
    explain.add_argument("--alternatives", action="store_true", help="also the other ways in which it can be shown")

    missing = commands.add_parser("missing", help="what to find out next, the most decisive first")
    missing.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="a case file, a FHIR bundle or resource, a patient as RDF, a folder of them, or of a cohort run",
    )
    missing.add_argument("--trial", action="append", metavar="T", help="only this trial (may be repeated)")
    missing.add_argument("--format", choices=("text", "json"), default="text")

    interview = commands.add_parser("interview", help="asks for what is missing until every trial is decided")
    interview.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="a case file to go on with; a new patient by default"
    )
    interview.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="the case file to write")
    interview.add_argument("--trial", action="append", metavar="T", help="only this trial (may be repeated)")

    timeline = commands.add_parser("timeline", help="the verdict over the coming months, if nothing but time changes")
    timeline.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="a case file, a FHIR bundle or resource, a patient as RDF, a folder of them, or of a cohort run",
    )
    timeline.add_argument("--trial", action="append", metavar="T", help="only this trial (may be repeated)")
    timeline.add_argument("--months", type=int, default=24, metavar="N", help="how far ahead, 1 to 120 (24)")
    timeline.add_argument("--format", choices=("text", "json"), default="text")

    diff = commands.add_parser("diff", help="what two versions of the knowledge base answer differently, and why")
    for name in ("old", "new"):
        diff.add_argument(
            name,
            type=Path,
            metavar=name.upper(),
            help="a folder of rules, an ontology file, or a folder with kb/ and ontology/",
        )
    diff.add_argument("files", nargs="+", type=Path, metavar="CASES", help="patients, as for screen")
    diff.add_argument("--format", choices=("text", "json"), default="text")

    verify = commands.add_parser(
        "verify", help="re-checks a proof, as explain --format json prints it, without the engine"
    )
    verify.add_argument("proof", type=Path, metavar="PROOF.json", help="the proof; - for standard input")
    verify.add_argument(
        "--patient", type=Path, metavar="FILE", help="also check that the records are those of this file"
    )
    verify.add_argument("--limits", type=Path, metavar="FILE", help="the site's table of limits of normal")

    check = commands.add_parser("check", help="everything that can be checked without a patient")
    check.add_argument("--format", choices=("text", "json"), default="text")

    cohort = commands.add_parser("cohort", help="a whole population judged; statuses to a folder, a summary printed")
    cohort.add_argument(
        "source",
        metavar="SOURCE",
        help="an OMOP CDM (folder of CSV or Parquet, DuckDB file, postgresql:// address), a FHIR bulk export, "
        "a folder of bundles or case files, case files as NDJSON, or the facts of an earlier run",
    )
    cohort.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="the folder to write, or to go on with"
    )
    cohort.add_argument(
        "--engine", choices=("duckdb", "spark"), default="duckdb", help="what judges: this machine, or a cluster"
    )
    cohort.add_argument(
        "--format", choices=("parquet", "csv", "duckdb"), default="parquet", help="of statuses and verdicts"
    )
    cohort.add_argument("--part", type=_count, default=20_000, metavar="N", help="patients worked on at a time (20000)")
    cohort.add_argument("--workers", type=_count, metavar="N", help="processes; as many as processors by default")
    cohort.add_argument(
        "--memory", metavar="SIZE", help="what the database may take, such as 4GB; it spills to disk beyond"
    )
    cohort.add_argument(
        "--complete",
        action="append",
        default=[],
        choices=("conditions", "treatments", "imaging"),
        help="of an OMOP CDM: what is not recorded did not happen, to the end of each observation period "
        "(may be repeated)",
    )
    cohort.add_argument("--restart", action="store_true", help="throw away the run that is in DIR and begin anew")

    feasibility = commands.add_parser(
        "feasibility", help="who could take part: attrition, near misses, what is missing"
    )
    feasibility.add_argument("run", type=Path, metavar="DIR", help="the folder of a cohort run")
    feasibility.add_argument("--trial", action="append", metavar="T", help="only this trial (may be repeated)")
    feasibility.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="CLAUSE",
        help="leave a clause out: I10 or START-NET:I10 (may be repeated)",
    )
    feasibility.add_argument(
        "--threshold",
        action="append",
        default=[],
        metavar="TEXT",
        help="try another number in a clause: 'START-NET:I11b 100 = 75' (may be repeated)",
    )
    feasibility.add_argument(
        "--patients",
        metavar="WHICH",
        help="list patients instead, with the clauses in the way: eligible; gap (undetermined); gain, or gain:I10 "
        "(fail this clause alone, all others surely pass); near, or near:I10 (fail one clause, others may be open)",
    )
    feasibility.add_argument(
        "--sample",
        type=int,
        default=500,
        metavar="N",
        help="patients looked at one by one for distances and missing items (500)",
    )
    feasibility.add_argument("--format", choices=("text", "json", "html"), default="text")

    generate = commands.add_parser(
        "generate", help="a made-up but realistic cohort of neuroendocrine tumours, as case files"
    )
    generate.add_argument("--patients", type=int, default=1000, metavar="N", help="how many (1000)")
    generate.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed gives the same cohort (1)")
    generate.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="the NDJSON file to write")
    generate.add_argument(
        "--mess",
        choices=("none", "realistic", "hostile"),
        default="realistic",
        help="how far records are from the truth; hostile has a few that cannot be read (realistic)",
    )
    generate.add_argument("--workers", type=int, default=1, metavar="N", help="processes (1)")

    sparql = commands.add_parser("sparql", help="SPARQL over ontology, rules, patients, verdicts and proofs")
    sparql.add_argument("query", metavar="QUERY-OR-FILE", help="a query that reads, or a file (.rq) that holds one")
    sparql.add_argument("--format", choices=("table", "csv", "json"), default="table")
    sparql.add_argument(
        "--timeout", type=float, default=30.0, metavar="SECONDS", help="stop the query after that time (30)"
    )

    export = commands.add_parser("export", help="ontology, rules, patients, verdicts and proofs as a file")
    export.add_argument("files", nargs="*", type=Path, metavar="FILE", help="the same as --patients")
    export.add_argument("--rdf", action="store_true", required=True, help="as RDF, in Turtle")
    export.add_argument("-o", "--output", type=Path, metavar="OUT", help="where to; standard output by default")

    for command in (sparql, export):
        command.add_argument(
            "--patients",
            nargs="+",
            action="extend",
            type=Path,
            default=[],
            metavar="FILE",
            help="case files, FHIR files or folders of them; the worked examples by default",
        )
    for command in (screen, explain, timeline):
        command.add_argument(
            "--assume",
            action="append",
            default=[],
            metavar="FACT",
            help="judge as if this were on record, such as 'hemoglobin 95 g/L' (may be repeated)",
        )
    for command in (screen, missing, timeline):
        command.add_argument("--patient", metavar="ID", help="only this patient; needed for a large cohort run")
    for command in (screen, explain):
        command.add_argument(
            "--labels", choices=("en", "sv"), default="en", help="language of the names in an HTML page"
        )
    for command in (screen, explain, missing, timeline, cohort, sparql, export):
        command.add_argument(
            "--as-of", type=_day, metavar="DATE", help="judge on this day instead of the record's index date"
        )
        command.add_argument("--limits", type=Path, metavar="FILE", help="the site's table of limits of normal")
    diff.add_argument("--limits", type=Path, metavar="FILE", help="the site's table of limits of normal")
    for command in (screen, explain, missing, interview, timeline, check, verify, cohort, feasibility, sparql, export):
        command.add_argument("--rules", type=Path, metavar="DIR", help="another folder of rules than the one shipped")
        command.add_argument(
            "--ontology",
            type=Path,
            metavar="FILE",
            help="another ontology; its modules are found through the catalog beside it",
        )
    return parser


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def _day(text: str) -> int:
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2026-11-20") from None
