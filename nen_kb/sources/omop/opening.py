"""Opens a CDM: a folder of CSV or Parquet files, a DuckDB file or a PostgreSQL address."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from nen_kb.errors import PatientError, Problem
from nen_kb.sources.addresses import is_address, shown, without_secrets
from nen_kb.sources.omop.database import Database, DuckDatabase, PostgresDatabase, chosen
from nen_kb.sources.omop.files import Opened, brief, catalog, folders, open_files, open_staged
from nen_kb.sources.omop.tables import PERSON

_DATABASES: Final = (".duckdb", ".db", ".ddb")
_REMEDY: Final = "Give a folder with PERSON.csv or person.parquet and the other tables of the CDM beside it."
_DRIVER: Final = "Install it: pip install 'nen-kb[postgres]'."


def is_cdm(source: str | Path) -> bool:
    """Whether this looks like a CDM: a PostgreSQL address, a DuckDB file, or a folder with a PERSON table."""
    text = str(source)
    if is_address(text):
        return True
    path = Path(text)
    if path.is_file():
        return path.suffix.lower() in _DATABASES
    return path.is_dir() and len(folders(path)) > 0


def open_source(source: str, scratch: str | None = None, staged: str = "") -> Opened:
    """Open a CDM.  ``staged`` names the scratch database of an earlier opening, ``scratch`` a folder for one.

    Raises PatientError with everything that is wrong.
    """
    if is_address(source):
        return Opened(_postgres(source))
    path = Path(source)
    if path.is_file():
        return Opened(_database_file(path))
    if not path.is_dir():
        raise PatientError(Problem(source, "", "there is no such file or folder", _REMEDY, "unreadable"))
    if staged:
        return Opened(open_staged(staged), staged=staged)
    inside = folders(path)
    if len(inside) != 1:
        found = "holds no PERSON table" if not inside else "holds more than one CDM: " + ", ".join(map(str, inside))
        raise PatientError(Problem(source, "", f"the folder {found}", _REMEDY, "no-person-table"))
    return open_files(inside[0], scratch)


def _database_file(path: Path) -> Database:
    import duckdb

    try:
        connection = duckdb.connect(str(path), read_only=True)
        found = catalog(connection)
    except duckdb.Error as error:
        remedy = "Give a DuckDB database that holds a CDM, and close programs that write to it."
        raise PatientError(
            Problem(str(path), "", f"it cannot be opened: {brief(error)}", remedy, "unreadable")
        ) from None
    holding = sorted(schema for schema, table in {(s, t) for s, t, _, _ in found} if table.lower() == PERSON)
    first = [schema for schema in ("main", "cdm") if schema in holding] or holding
    return DuckDatabase(connection, chosen(found, [*first[:1], *(s for s in holding if s not in first[:1])]))


def _postgres(source: str) -> Database:
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        message = "an address of PostgreSQL needs a driver that is not installed"
        raise PatientError(Problem(shown(source), "", message, _DRIVER, "missing-library")) from None
    try:
        parts = urlsplit(source)
    except ValueError:
        message = "this is no address of a database"
        remedy = (
            "Write signs like [ / @ # ? of a password in percent encoding: postgresql://USER:PASSWORD@HOST/DATABASE."
        )
        raise PatientError(Problem(shown(source), "", message, remedy, "bad-address")) from None
    options = parse_qsl(parts.query)
    schemas = [name.strip() for key, value in options if key == "schema" for name in value.split(",") if name.strip()]
    address = urlunsplit(parts._replace(query=urlencode([(k, v) for k, v in options if k != "schema"])))
    try:
        connection = dbapi.connect(address)
        cursor = connection.cursor()
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SET LOCAL datestyle = 'ISO, YMD'")
        if not schemas:
            cursor.execute("SELECT unnest(CAST(current_schemas(false) AS VARCHAR[]))")
            schemas = [str(row[0]) for row in cursor.fetchall()]
        found: list[tuple[str, str, str, str]] = []
        for schema in schemas:
            cursor.execute(
                "SELECT CAST(table_schema AS VARCHAR), CAST(table_name AS VARCHAR), CAST(column_name AS VARCHAR), "
                "CAST(data_type AS VARCHAR) FROM information_schema.columns WHERE table_schema = $1",
                (schema,),
            )
            found += [(str(s), str(t), str(c), str(k)) for s, t, c, k in cursor.fetchall()]
    except dbapi.Error as error:
        remedy = "Check the address, the rights, and ?schema=NAME if the tables are in a schema of their own."
        said = without_secrets(_server(error), source)
        problem = Problem(shown(source), "", f"the server cannot be asked: {said}", remedy, "unreadable")
        raise PatientError(problem) from None
    database = PostgresDatabase(cursor, chosen(found, schemas))
    database.connection = connection
    return database


def _server(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
