"""A program as a source: what it prints is a report of any format, or readings of our own.

This is how a system we have no connector for is read without writing Python.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, ClassVar, Self

import msgspec

from riskcockpit.config.durations import parse_duration
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.exec.client import Program
from riskcockpit.connectors.options import read_options
from riskcockpit.connectors.own_readings import own_or_document
from riskcockpit.connectors.session import Session
from riskcockpit.domain.batch import Batch, Coverage, Document
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_BYTES = 1_073_741_824


class ExecOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a source of kind `exec`."""

    argv: tuple[str, ...]
    """The program and its arguments; no shell sees them."""
    timeout: str = "5m"
    max_bytes: Annotated[int, msgspec.Meta(ge=1, le=_MOST_BYTES)] = 268_435_456
    """Of its output; a program that prints more is ended."""
    success: tuple[Annotated[int, msgspec.Meta(ge=0, le=255)], ...] = (0,)
    """Exit statuses after which its output counts; many scanners end with 1 when they found
    something."""
    env: tuple[str, ...] = ()
    """Variables of our environment that it sees, beside those no secret belongs in."""
    credential_env: str = ""
    """The variable in which it is given the source's `credential`."""
    directory: str = ""
    """Where it runs; empty: where riskcockpit was started."""
    asset: str = ""
    """What its reports are about; empty: as they say, else the name of the source."""
    category: str = ""
    """Tells apart several scans of one tool over one asset."""


class ExecConnector:
    """The program of one source."""

    kind: ClassVar[str] = "exec"
    options: ClassVar[type[ExecOptions]] = ExecOptions

    def __init__(self, program: Program, options: ExecOptions, session: Session) -> None:
        self._program = program
        self._options = options
        self._session = session

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:  # noqa: ARG003 - the protocol
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, ExecOptions)
        if fault := _fault(spec, options):
            raise ConfigError(f'source "{spec.name}": {fault}')
        program = Program(
            source=spec.name,
            argv=options.argv,
            timeout_seconds=parse_duration(options.timeout).total_seconds(),
            max_bytes=options.max_bytes,
            successes=frozenset(options.success),
            passed=options.env,
            directory=Path(options.directory).expanduser() if options.directory else None,
            credential=spec.read,
            credential_env=options.credential_env,
        )
        return cls(program, options, spec.session)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Run the program; what it prints again is not handed over again. See `connectors.api`."""
        self._session.waiting(self._program.timeout_seconds, f"at most for {self._program.name}")
        output = self._program.output()
        state = hashlib.sha256(output).hexdigest()[:32]
        if state == cursor:
            yield Batch((), cursor, is_complete=True, coverage=Coverage(pages=1))
            return
        document = Document(
            name=self._program.name,
            content=output,
            asset=self._options.asset,
            category=self._options.category,
            modified_at=until,
        )
        found = own_or_document(document)
        is_whole = not found.coverage.is_truncated
        yield replace(
            found,
            cursor=state if is_whole else "",  # what could not be read is told again
            is_complete=True,
            coverage=replace(found.coverage, pages=1),
        )

    def check(self) -> str:
        """See `connectors.api.Checks.check`; the program is found, not run."""
        return self._program.check()

    def close(self) -> None:
        """Nothing is held open: the program has ended, or was ended."""


def _fault(spec: SourceSpec, options: ExecOptions) -> str:
    """Return what no type refuses about the options; empty when nothing."""
    if not options.argv or not options.argv[0].strip():
        return "options.argv names no program"
    if spec.url:
        return "url is not used by this kind; the program is options.argv"
    for name in (*options.env, *filter(None, [options.credential_env])):
        if not _VARIABLE.fullmatch(name):
            return f'"{clean_line(name)}" is no name of an environment variable'
    if (spec.read is None) is bool(options.credential_env):
        return "credential and options.credential_env are given together or not at all"
    if options.directory and not Path(options.directory).expanduser().is_absolute():
        return f'options.directory "{options.directory}" is not an absolute path'
    try:
        is_bad = parse_duration(options.timeout).total_seconds() < 1
    except ValueError:
        is_bad = True
    return f'options.timeout: "{options.timeout}" is not a duration, as 30s or 5m' if is_bad else ""
