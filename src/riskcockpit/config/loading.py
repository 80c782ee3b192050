"""Loading settings: shipped defaults, then the user's file; each value knows its origin.

Errors name the file, the line and the nearest key. The schema for editors comes from the structs.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec
import yaml

from riskcockpit.config.durations import parse_duration
from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import Settings
from riskcockpit.errors import ConfigError

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_BYTES = 1_000_000


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
    return read_settings(paths.settings)


def read_settings(file: Path) -> LoadedSettings:
    """Read one settings file.

    Raises:
        ConfigError: as `load_settings`.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read settings from {file}: {error}", hint="`riskcockpit init` writes one"
        ) from error
    return parse_settings(text, file)


def effective(loaded: LoadedSettings) -> list[tuple[str, str, str]]:
    """Return (path, value, origin) of every setting in force, in the order of the schema."""
    return [
        (path, value, loaded.origin(path))
        for path, value in _flat(msgspec.to_builtins(loaded.settings), "")
    ]


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{path}[{index}]")
    else:
        yield path, "" if value is None else str(value)


def parse_settings(text: str, file: Path) -> LoadedSettings:
    """Read settings from YAML text; `file` is for messages.

    Raises:
        ConfigError: as `load_settings`.
    """
    lines, raw = _parse_yaml(text, file)
    try:
        settings = msgspec.convert(raw, Settings)
    except msgspec.ValidationError as error:
        raise _explain(error, raw, lines, file) from error
    _check(settings, lines, file)
    return LoadedSettings(settings, file, lines)


def settings_schema() -> dict[str, Any]:
    """Return the JSON Schema of the settings file, for editors."""
    schema = msgspec.json.schema(Settings)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "riskcockpit settings"
    return schema


def _parse_yaml(text: str, file: Path) -> tuple[dict[str, int], Any]:
    if len(text) > MAX_BYTES:
        raise ConfigError(f"cannot read settings from {file}: larger than {MAX_BYTES} bytes")
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_Loader)):
            raise ConfigError(
                f"cannot read settings from {file}: YAML aliases are not allowed",
                hint="write the value out",
            )
        node = yaml.compose(text, Loader=_Loader)
        raw = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, in C where there is one
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}: " if mark else ""
        raise ConfigError(
            f"cannot read settings from {file}: {place}{error.problem or 'not YAML'}"
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(
            f"cannot read settings from {file}: {error}",
            hint="put quotes around a value that only looks like a date or a number",
        ) from error
    return dict(_lines(node, "")) if node is not None else {}, {} if raw is None else raw


def _lines(node: yaml.Node, path: str) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{path}.{key.value}" if path else str(key.value)
            yield inner, key.start_mark.line + 1
            yield from _lines(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            inner = f"{path}[{index}]"
            yield inner, value.start_mark.line + 1
            yield from _lines(value, inner)


def _explain(
    error: msgspec.ValidationError, raw: Any, lines: Mapping[str, int], file: Path
) -> ConfigError:
    """Turn msgspec's message, as `… - at `$.sources[0]``, into one with a line and a hint."""
    what, _, place = str(error).partition(" - at ")
    path = place.strip("`").removeprefix("$").removeprefix(".")
    hint = None
    if what.startswith("Object contains unknown field `"):
        key = what.split("`")[1]
        known = _fields_at(path)
        path = f"{path}.{key}" if path else key
        what = f'unknown key "{key}"'
        nearest = difflib.get_close_matches(key, known, 1)
        hint = f'did you mean "{nearest[0]}"?' if nearest else f"known keys: {', '.join(known)}"
    elif not isinstance(raw, dict):
        what, hint = "a mapping of settings is expected", "see `riskcockpit config schema`"
    line = lines.get(path)
    where = f"line {line}: " if line else ""
    label = f"{path}: " if path and not what.startswith("unknown key") else ""
    return ConfigError(f"cannot read settings from {file}: {where}{label}{what}", hint=hint)


def _fields_at(path: str) -> tuple[str, ...]:
    """Return the known keys of the struct at `path`, as `sources[0].credential`."""
    current: Any = Settings
    for step in path.replace("[", ".[").split("."):
        if not step or not isinstance(current, type):
            continue
        if step.startswith("["):
            continue
        field = next((f for f in msgspec.structs.fields(current) if f.encode_name == step), None)
        current = _struct_in(field.type) if field else None
    if isinstance(current, type) and issubclass(current, msgspec.Struct):
        return tuple(field.encode_name for field in msgspec.structs.fields(current))
    return ()


def _struct_in(annotation: Any) -> Any:
    """Return the struct inside `annotation`: itself, an optional's, a tuple's."""
    if isinstance(annotation, type):
        return annotation
    found = (_struct_in(inner) for inner in getattr(annotation, "__args__", ()))
    return next((f for f in found if isinstance(f, type) and issubclass(f, msgspec.Struct)), None)


def _check(settings: Settings, lines: Mapping[str, int], file: Path) -> None:
    """Refuse what types alone cannot: amounts, durations, doubled names."""
    for path, what, hint in _faults(settings):
        line = lines.get(path)
        where = f"line {line}: " if line else ""
        raise ConfigError(f"cannot read settings from {file}: {where}{path}: {what}", hint=hint)


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
        "rollback.cooldown": settings.rollback.cooldown,
        "rollback.max_reading_age": settings.rollback.max_reading_age,
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
