"""Running the program of a source: what it may see of our environment, and what its end means."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from riskcockpit.config.credentials import REDACTED, Credential, redact
from riskcockpit.config.programs import (
    ALWAYS_PASSED,
    Ended,
    NotEndedError,
    NotStartedError,
    run,
)
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError, ProtocolError, SourceError, UnavailableError

_SHORTEST_REDACTED = 4
"""Shorter values are words like `on`; taking them out would garble every message."""
_QUOTE = 200


@dataclass(frozen=True, slots=True)
class Program:
    """A program, and the frame it runs in."""

    source: str
    argv: tuple[str, ...]
    timeout_seconds: float
    max_bytes: int
    successes: frozenset[int]
    """Exit statuses after which its output counts."""
    passed: tuple[str, ...] = ()
    """Names of variables of our environment that it may see."""
    directory: Path | None = None
    credential: Credential | None = None
    credential_env: str = ""
    """The variable that carries the credential."""

    @property
    def name(self) -> str:
        """The program without its path: its arguments may be secret."""
        return clean_line(Path(self.argv[0]).name)

    def output(self) -> bytes:
        """Return what the program prints.

        Raises:
            ConfigError: it cannot be started, or a variable it needs is not set.
            UnavailableError: its time was over. SourceError: it failed.
            ProtocolError: it printed nothing, or too much.
        """
        env = self._environment(os.environ)
        label = f'source "{self.source}": {self.name}'
        try:
            ended = run(
                self.argv,
                max_bytes=self.max_bytes,
                timeout_seconds=self.timeout_seconds,
                env=env,
                directory=self.directory,
            )
        except NotStartedError as error:
            raise ConfigError(
                f"{label} cannot be started: {error}",
                hint="the program must be on the PATH or be given with its full path",
            ) from None
        except NotEndedError as error:
            raise UnavailableError(
                f"{label} did not end within {self.timeout_seconds:g} s",
                hint="run it by hand, or raise options.timeout",
                detail=self._said(error.errors, env) or None,
            ) from None
        return self._checked(label, ended, env)

    def check(self) -> str:
        """Return where the program is found, without running it.

        Raises:
            ConfigError: it is not there, or a variable it needs is not set.
        """
        path = self._environment(os.environ).get("PATH", os.defpath)
        named = Path(self.argv[0]).expanduser()
        places = [named] if named.parent != Path() else [Path(p, named) for p in path.split(":")]
        for place in places:
            if place.is_file() and os.access(place, os.X_OK):
                return clean_line(str(place))
        raise ConfigError(
            f'source "{self.source}": {self.name} is no program on this computer',
            hint="the program must be on the PATH or be given with its full path",
        )

    def _checked(self, label: str, ended: Ended, env: Mapping[str, str]) -> bytes:
        if len(ended.output) > self.max_bytes:
            raise ProtocolError(
                f"{label} printed more than {self.max_bytes} bytes",
                hint="raise options.max_bytes, or let it print less",
            )
        said = self._said(ended.errors, env)
        quote = f': "{said}"' if said else ""
        if ended.status not in self.successes:
            how = f"status {ended.status}" if ended.status >= 0 else f"signal {-ended.status}"
            raise SourceError(
                f"{label} ended with {how}{quote}",
                hint="run it by hand; a status that means success belongs into options.success",
            )
        if not ended.output.strip():
            raise ProtocolError(
                f"{label} printed nothing{quote}",
                hint="a tool that found nothing prints a report that says so",
            )
        return ended.output

    def _environment(self, ours: Mapping[str, str]) -> dict[str, str]:
        missing = [name for name in self.passed if name not in ours]
        if missing:
            raise ConfigError(
                f'source "{self.source}": environment variable {missing[0]} is not set',
                hint=f"export it, or take it out of options.env: {self.name} would see it",
            )
        env = {name: ours[name] for name in (*ALWAYS_PASSED, *self.passed) if name in ours}
        if self.credential is not None:
            env[self.credential_env] = self.credential.value
        return env

    def _said(self, errors: bytes, env: Mapping[str, str]) -> str:
        """Return the last line of its error output without the values it was given."""
        text = redact(errors.decode("utf-8", "replace"))
        for value in sorted(self._secrets(env), key=len, reverse=True):
            text = text.replace(value, REDACTED)
        lines = [line for line in map(str.strip, text.splitlines()) if line]
        line = clean_line(lines[-1]) if lines else ""
        return f"{line[:_QUOTE]}…" if len(line) > _QUOTE else line

    def _secrets(self, env: Mapping[str, str]) -> Sequence[str]:
        names = (*self.passed, self.credential_env)
        whole = [env[name] for name in names if len(env.get(name, "")) >= _SHORTEST_REDACTED]
        lines = [line for value in whole for line in value.splitlines()]
        return [*whole, *(line for line in lines if len(line) >= _SHORTEST_REDACTED)]
