"""Runs one command and turns its errors into messages and an exit code."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from nen_kb.cli.parser import make_parser
from nen_kb.cli.terminal import complain, report
from nen_kb.errors import NenKbError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and (stream.encoding or "").lower().replace("-", "") == "ascii":
            stream.reconfigure(errors="replace")
    try:
        arguments = make_parser().parse_args(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except NenKbError as error:
        report(error.problems)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output has stopped; that is no error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        complain(f"nen-kb: {error.filename or 'standard output'}: {error.strerror or type(error).__name__}")
        return 2
    except KeyboardInterrupt:
        complain("nen-kb: stopped" + ("; the same command goes on from here" if arguments.command == "cohort" else ""))
        return 130
    finally:
        gc.unfreeze()  # a command that froze its knowledge base may have been called from a program that goes on


def _run(arguments: argparse.Namespace) -> int:
    """The command's own module, loaded when it is asked for."""
    return int(import_module(f"nen_kb.cli.{arguments.command}").run(arguments))
