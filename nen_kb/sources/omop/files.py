"""A CDM in files: a folder of CSV or Parquet.

The files are copied once into a DuckDB database, sorted by person, so that a batch of persons is found
without reading everything again; a small CDM is held in memory, a large one in a scratch file.
"""

from __future__ import annotations

import csv
import gzip
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

from nen_kb.errors import PatientError, Problem
from nen_kb.sources.omop.database import Database, DuckDatabase, chosen, quoted
from nen_kb.sources.omop.tables import CLINICAL, NOT_READ, PERSON, RELATIONSHIP, VOCABULARY

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ENDINGS: Final = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".parquet")
_KNOWN: Final = frozenset([*CLINICAL, *VOCABULARY, *NOT_READ])
_IN_MEMORY: Final = 256 * 2**20
"""Files of up to so many bytes together are held in memory."""
_LIMITS: Final[dict[str, str | bool | int | float | list[str]]] = {"threads": "2", "memory_limit": "2GB"}


@dataclass
class Opened:
    """An open CDM, and what opening it brought to light."""

    database: Database
    problems: list[Problem] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)
    """Persons of whom a line could not be read; nothing is said about them."""
    staged: str = ""
    """The scratch database that was made, if one was."""
    terms: Any = None
    """What was looked up in the vocabulary so far, kept by ``cdm``."""


def folders(path: Path) -> list[Path]:
    """The folders, this one or below it, that hold a PERSON table; the outermost ones."""
    if PERSON in _found(path):
        return [path]
    try:
        inner = sorted(p for p in path.iterdir() if p.is_dir() and not p.is_symlink() and p.name != "__MACOSX")
    except OSError:
        return []
    return [found for folder in inner if not folder.name.startswith(".") for found in folders(folder)]


def is_table(path: Path, table: str) -> bool:
    """Whether a file is named as that table."""
    return any(path.name.lower() == f"{table}{ending}" for ending in _ENDINGS)


def _found(folder: Path) -> dict[str, list[Path]]:
    """The files of a folder by the table they hold."""
    tables: dict[str, list[Path]] = {}
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return {}
    for path in inside:
        lower = path.name.lower()
        ending = next((e for e in _ENDINGS if lower.endswith(e)), "")
        table = lower.removesuffix(ending) if ending and path.is_file() else ""
        if path.is_dir() and lower in _KNOWN:
            tables.setdefault(lower, []).extend(sorted(path.glob("*.parquet")))
        elif table in _KNOWN:
            tables.setdefault(table, []).append(path)
    return {table: paths for table, paths in tables.items() if paths}


def open_files(folder: Path, scratch: str | None) -> Opened:
    import duckdb

    tables = _found(folder)
    size = sum(path.stat().st_size for paths in tables.values() for path in paths)
    made = ""
    if size > _IN_MEMORY:
        made = str(Path(tempfile.mkdtemp(prefix="nen-kb-omop-", dir=scratch)) / "cdm.duckdb")
    spill = str(Path(made).parent) if made else tempfile.gettempdir()
    connection = duckdb.connect(made or ":memory:", config={**_LIMITS, "temp_directory": spill})
    opened = Opened(DuckDatabase(connection, {}), staged=made)
    faults: list[Problem] = []
    for table, paths in sorted(tables.items()):
        try:
            _stage(connection, table, paths, opened)
        except (duckdb.Error, OSError, UnicodeError) as error:
            faults.append(Problem(str(paths[0]), "", f"the table cannot be read: {brief(error)}", _FILE, "unreadable"))
    if faults:
        connection.close()
        if made:
            shutil.rmtree(Path(made).parent, ignore_errors=True)
        raise PatientError(faults)
    if made:
        connection.close()
        opened.database = open_staged(made)
    else:
        opened.database = DuckDatabase(connection, chosen(catalog(connection), ["main"]))
    return opened


_FILE: Final = (
    "Export it again: UTF-8, a header line, one kind of line end, every line whole; or Parquet that is whole."
)


def brief(error: Exception) -> str:
    """The first line of an error of the library; it may quote names of files and columns, but no rows."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return first.partition(" Line:")[0][:300]


def _stage(connection: DuckDBPyConnection, table: str, paths: list[Path], opened: Opened) -> None:
    if len(paths) > 1 and any(path.suffix != ".parquet" or path.stem.lower() == table for path in paths):
        raise OSError(0, "the folder holds it twice: " + ", ".join(path.name for path in paths))
    if table in NOT_READ and paths[0].suffix != ".parquet":
        with _text(paths[0]) as file:
            filled = bool(file.readline() and file.readline().strip())
        connection.execute(f"CREATE TABLE {quoted(table)} AS SELECT 1 AS row WHERE ?", [filled])
        return
    if paths[0].suffix == ".parquet":
        source, parameters, count = "read_parquet(?)", [[str(path) for path in paths]], None
    else:
        source, parameters, count = _csv(connection, paths[0], table, opened)
    known = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}", parameters).fetchall()]
    lower = [name.lower() for name in known]
    if len(set(lower)) < len(lower):
        raise OSError(0, "two columns have the same name")
    meant = CLINICAL.get(table) or VOCABULARY.get(table)
    kept = [name for name in known if meant is None or name.lower() in meant.columns]
    if table in NOT_READ or not kept:
        kept = known[:1]
    order = (
        " ORDER BY TRY_CAST(trim(CAST(person_id AS VARCHAR)) AS BIGINT)"
        if "person_id" in (name.lower() for name in kept)
        else ""
    )
    if table in VOCABULARY and meant is not None and meant.key in lower:
        order = f" ORDER BY TRY_CAST(trim(CAST({meant.key} AS VARCHAR)) AS BIGINT)"
    only = (
        " WHERE relationship_id IN (SELECT unnest(?))" if table == RELATIONSHIP and "relationship_id" in lower else ""
    )
    if only:
        parameters = [*parameters, list(RELATIONS)]
    columns = ", ".join(_column(name) for name in kept)
    connection.execute(f"CREATE TABLE {quoted(table)} AS SELECT {columns} FROM {source}{only}{order}", parameters)
    kept_rows = connection.execute(f"SELECT count(*) FROM {quoted(table)}").fetchall()[0][0]
    if count is not None and not only and kept_rows != count:
        raise OSError(0, f"{count} lines can be read, but {kept_rows} arrived")


RELATIONS: Final = (
    "Maps to",
    "RxNorm has ing",
    "Consists of",
    "Contains",
    "Tradename of",
    "Quantified form of",
    "Marketed form of",
    "RxNorm - ATC",
)
"""The relations of CONCEPT_RELATIONSHIP that are followed."""


def _column(name: str) -> str:
    whole = name.lower() in ("person_id", "concept_id") or name.lower().endswith(("concept_id_1", "concept_id_2"))
    whole = whole or name.lower() in ("ancestor_concept_id", "descendant_concept_id")
    if not whole:
        return quoted(name)
    # A plain cast would be done by the reader of the file, which drops the lines where it fails.
    return f"TRY_CAST(trim(CAST({quoted(name)} AS VARCHAR)) AS BIGINT) AS {quoted(name.lower())}"


def _text(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb"))


def _csv(connection: DuckDBPyConnection, path: Path, table: str, opened: Opened) -> tuple[str, list[Any], int | None]:
    """How a text file is read, after its faulty lines were listed; and how many lines there are besides."""
    with _text(path) as file:
        header = file.readline(65536)
    mark = "\t" if header.count(b"\t") > header.count(b",") else ","
    quote = '"' if mark == "," else ""
    names = next(csv.reader([header.decode("utf-8-sig").rstrip("\r\n")], delimiter=mark), [])
    if len({name.strip().lower() for name in names}) < len(names) or not names:
        raise OSError(0, "its first line does not name every column once")
    options: list[Any] = [str(path), dict.fromkeys((name.strip() for name in names), "VARCHAR"), mark, quote, quote]
    shape = "columns=?, header=true, auto_detect=false, delim=?, quote=?, escape=?, max_line_size=4000000"
    connection.execute("DROP TABLE IF EXISTS reject_errors")
    connection.execute("DROP TABLE IF EXISTS reject_scans")
    source = f"read_csv(?, {shape}, store_rejects=true, rejects_limit=0)"
    # Every column is looked at: a line is found faulty only where it is read.
    count = connection.execute(f"SELECT count(*), count(COLUMNS(*)) FROM {source}", options).fetchall()[0][0]
    rejected = connection.execute("SELECT line, csv_line, error_type FROM reject_errors ORDER BY line").fetchall()
    lower = [name.strip().lower() for name in names]
    seen: set[int] = set()
    for line, cells, kind in rejected:
        if int(line) in seen:
            continue
        seen.add(int(line))
        _refuse(opened, path, table, int(line), str(cells or ""), str(kind), lower, mark)
    return f"read_csv(?, {shape}, ignore_errors=true)", options, int(count)


def _refuse(
    opened: Opened, path: Path, table: str, line: int, cells: str, kind: str, names: list[str], mark: str
) -> None:
    """List a line that could not be read; the person it names, if it does, is not judged."""
    place = names.index("person_id") if "person_id" in names else -1
    parts = [part.strip().strip('"') for part in cells.strip().split(mark)]
    who = parts[place] if 0 <= place < len(parts) else ""
    named = who.isascii() and who.isdecimal() and len(who) < 19
    if named:
        opened.broken.add(int(who))
    what = kind.replace("_", " ").lower()
    whose = "no verdict is given for the person it names" if named else "whose it is cannot be told"
    clinical = f"; {whose}" if table in CLINICAL else ""
    message = f"the line cannot be read ({what}){clinical}"
    opened.problems.append(Problem(str(path), f"line {line}", message, "Correct the line.", "broken-line"))


def catalog(connection: DuckDBPyConnection) -> list[tuple[str, str, str, str]]:
    sql = (
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_catalog = current_database()"
    )
    return [(str(s), str(t), str(c), str(k)) for s, t, c, k in connection.execute(sql).fetchall()]


def open_staged(path: str) -> Database:
    import duckdb

    connection = duckdb.connect(path, read_only=True, config=_LIMITS)
    return DuckDatabase(connection, chosen(catalog(connection), ["main"]))
