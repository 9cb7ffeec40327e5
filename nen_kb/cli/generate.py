"""``nen-kb generate``: a made-up cohort of neuroendocrine tumours, as case documents."""

from __future__ import annotations

import argparse
import sys

from nen_kb.cli.terminal import complain
from nen_kb.cohort.generator.documents import Mess
from nen_kb.cohort.generator.output import write_cohort
from nen_kb.errors import Problem, UsageError
from nen_kb.explain.wording.feasibility import size as in_bytes

MADE_UP = "nobody in this cohort exists; its figures are those of nen_kb/cohort/generator/marginals.toml"


def run(arguments: argparse.Namespace) -> int:
    """Write the file; nothing is left behind where that fails."""
    for option, least in (("patients", 0), ("workers", 1)):
        value = getattr(arguments, option)
        if value < least:
            message = f"--{option} {value} is less than {least}"
            raise UsageError(Problem("command line", "", message, f"Give {least} or more.", "bad-number"))
    total: int = arguments.patients

    def progress(done: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\rnen-kb: patient {done} of {total}" + ("\n" if done == total else ""))
            sys.stderr.flush()

    try:
        size = write_cohort(
            arguments.output,
            arguments.seed,
            total,
            Mess(arguments.mess),
            processes=arguments.workers,
            progress=progress,
        )
    except OSError as error:
        message = f"the file cannot be written ({error.strerror or type(error).__name__})"
        raise UsageError(Problem(str(arguments.output), "", message, "Name another with -o.", "not-written")) from None
    patients = "1 patient" if total == 1 else f"{total:,} patients"
    complain(f"nen-kb: {patients}, {in_bytes(size)} in {arguments.output}; {MADE_UP}")
    return 0
