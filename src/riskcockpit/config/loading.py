"""Loading settings: shipped defaults, then the user's file; each value knows its origin.

Errors name the file, the line and the nearest key. The schema for editors comes from the structs.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec

from riskcockpit.config.durations import parse_duration
from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import Settings
from riskcockpit.errors import ConfigError


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings in force, and where each value was set."""

    settings: Settings
    file: Path | None
    """The user's file; None when there is none."""
    lines: Mapping[str, int]
    """Dotted path of every value set in the file → its line, one-based."""

    def origin(self, path: str) -> str:
        """Return where the value at `path` comes from: `FILE:LINE` or `default`."""
        if (line := self.lines.get(path)) is not None:
            return f"{self.file}:{line}"
        return "default"


def load_settings(paths: Paths) -> LoadedSettings:
    """Read the settings of a home; without a file the defaults are in force.

    Raises:
        ConfigError: the file cannot be read or used; names file, line and what to mend.
    """
    if not paths.settings.exists():
        return LoadedSettings(Settings(), None, {})
    refuse_strangers(paths.settings)
    return read_settings(paths.settings)


def refuse_strangers(file: Path) -> None:
    """Refuse settings that others can write: they name programs that are run.

    A directory for all, as `/tmp`, will do when only owners may replace what lies in it.

    Raises:
        ConfigError: others can change `file` or its directory, or it belongs to another user.
    """
    for place in (file, file.parent):
        status = place.stat()
        is_sticky = bool(status.st_mode & stat.S_ISVTX) and place is not file
        if status.st_mode & stat.S_IWOTH and not is_sticky:
            raise ConfigError(
                f"cannot trust the settings: {place} can be changed by anybody",
                hint=f"chmod o-w {place}",
            )
        if status.st_uid not in (0, os.geteuid()):
            raise ConfigError(
                f"cannot trust the settings: {place} belongs to another user",
                hint="set RISKCOCKPIT_HOME to a place of your own, or chown it",
            )


def read_settings(file: Path) -> LoadedSettings:
    """Read one settings file.

    Raises:
        ConfigError: as `load_settings`.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(
            f"cannot read settings from {file}: {why}", hint="`riskcockpit init` writes one"
        ) from error
    return parse_settings(text, file)


def effective(loaded: LoadedSettings) -> list[tuple[str, str, str]]:
    """Return (path, value, origin) of every setting in force, in the order of the schema.

    What looks like a secret, as a password in an address, is not among the values.
    """
    from riskcockpit.domain.redaction import without_secrets  # noqa: PLC0415 - to be shown only

    return [
        (path, without_secrets(value), loaded.origin(path))
        for path, value in _flat(msgspec.to_builtins(loaded.settings), "")
    ]


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple) and value:
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{path}[{index}]")
    else:
        yield path, "" if value is None else _as_written(value)


def _as_written(value: Any) -> str:
    """Return a value as YAML has it: `false`, `[]`, `{}`; text without quotes."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def parse_settings(text: str, file: Path) -> LoadedSettings:
    """Read settings from YAML text; `file` is for messages.

    Raises:
        ConfigError: as `load_settings`.
    """
    from riskcockpit.config.strict import parse_document  # noqa: PLC0415 - YAML, if there is any

    document = parse_document(text, file, Settings, "settings")
    for path, what, hint in _faults(document.value):
        raise document.source.fault(path, what, hint)
    return LoadedSettings(document.value, file, document.source.lines())


def settings_schema() -> dict[str, Any]:
    """Return the JSON Schema of the settings file, for editors."""
    schema = msgspec.json.schema(Settings)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "riskcockpit settings"
    return schema


def _faults(settings: Settings) -> Iterator[tuple[str, str, str | None]]:
    """Yield (path, what is wrong, hint) for each value that no type refuses."""
    try:
        appetite = Decimal(settings.appetite)
    except InvalidOperation:
        appetite = Decimal("NaN")
    if not appetite.is_finite() or appetite < 0:
        yield "appetite", f'"{settings.appetite}" is not an amount', 'as "15000000"'
    if not re.fullmatch(r"[A-Z]{3}", settings.currency):
        yield "currency", f'"{settings.currency}" is not an ISO 4217 code', "as EUR"
    durations = {
        "context.unlock_for": settings.context.unlock_for,
        "rollback.cooldown": settings.rollback.cooldown,
        "rollback.max_reading_age": settings.rollback.max_reading_age,
        "actions.grace": settings.actions.grace,
        **{f"sources[{i}].stale_after": s.stale_after for i, s in enumerate(settings.sources)},
    }
    for path, text in durations.items():
        try:
            parse_duration(text)
        except ValueError as error:
            yield path, str(error), "as 15m, 24h or 7d"
    seen: set[str] = set()
    for index, source in enumerate(settings.sources):
        if source.name in seen:
            yield f"sources[{index}].name", f'"{source.name}" is there twice', None
        seen.add(source.name)
