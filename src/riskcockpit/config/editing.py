"""Adding a source to a settings file without touching anything else in it: comments stay."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from riskcockpit.config.loading import parse_settings
from riskcockpit.config.placing import place_file
from riskcockpit.config.settings import SourceSettings
from riskcockpit.errors import ConfigError

_INDENT = "  "


def source_block(source: SourceSettings) -> str:
    """Return a source as the YAML of one item of `sources`, without what is the default."""
    return _item(_without_defaults(source), _INDENT)


def with_source(text: str, file: Path, source: SourceSettings) -> str:
    """Return the text of a settings file with one more source at the end of `sources`.

    Raises:
        ConfigError: the file cannot be used, has a source of that name, or writes its sources in
            a way that cannot be added to.
    """
    before = parse_settings(text, file).settings
    if any(known.name == source.name for known in before.sources):
        raise ConfigError(f'there is a source called "{source.name}" already in {file}')
    added = _added(text, file, source)
    after = parse_settings(added, file).settings
    if after != msgspec.structs.replace(before, sources=(*before.sources, source)):
        raise _by_hand(file, source)
    return added


def write_settings(file: Path, text: str) -> None:
    """Replace a settings file at once; who may read it stays as it was, a new one is private."""
    place_file(file, text.encode(), 0o600)


def _added(text: str, file: Path, source: SourceSettings) -> str:
    node = yaml.compose(text, yaml.SafeLoader)
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    value = next((value for key, value in pairs if key.value == "sources"), None)
    if value is None:
        gap = "" if not text or text.endswith("\n") else "\n"
        return f"{text}{gap}sources:\n{source_block(source)}"
    if isinstance(value, yaml.SequenceNode) and value.value and not value.flow_style:
        indent = " " * value.start_mark.column
        at = _line_end(text, _last_mark(value))
        gap = "" if text[:at].endswith("\n") else "\n"
        return f"{text[:at]}{gap}{_item(_without_defaults(source), indent)}{text[at:]}"
    if value.value:
        raise _by_hand(file, source)
    start, end = value.start_mark.index, value.end_mark.index
    rest = text[end : _line_end(text, end)].strip()
    if rest and not rest.startswith("#"):
        raise _by_hand(file, source)
    comment = f"  {rest}" if rest else ""
    head = text[:start].rstrip(" ")
    return f"{head}{comment}\n{source_block(source)}{text[_line_end(text, end) :]}"


def _last_mark(node: yaml.Node) -> int:
    """Return where the last scalar inside `node` ends; comments after it are not part of it."""
    if isinstance(node, yaml.MappingNode) and node.value and not node.flow_style:
        return _last_mark(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
        return _last_mark(node.value[-1])
    return int(node.end_mark.index)


def _line_end(text: str, at: int) -> int:
    """Return the index behind the line break after `at`; `at` itself at the start of a line."""
    if at > 0 and text[at - 1] == "\n":
        return at
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _item(fields: Mapping[str, Any], indent: str) -> str:
    dumped = yaml.safe_dump(
        [dict(fields)], sort_keys=False, allow_unicode=True, width=100, default_flow_style=False
    )
    return "".join(f"{indent}{line}\n" for line in dumped.splitlines())


def _without_defaults(source: SourceSettings) -> dict[str, Any]:
    plain = msgspec.to_builtins(source)
    defaults = msgspec.to_builtins(SourceSettings(name="", kind=""))
    found = {key: value for key, value in plain.items() if value != defaults[key]}
    for name in ("credential", "write_credential"):
        if name in found:
            known = {"ttl": "15m", "username": ""}
            found[name] = {
                key: value
                for key, value in found[name].items()
                if value is not None and known.get(key) != value
            }
    return found


def _by_hand(file: Path, source: SourceSettings) -> ConfigError:
    return ConfigError(
        f"cannot add to `sources` in {file}: they are not written as a list of lines",
        hint="add it by hand; --verbose shows the lines",
        detail=source_block(source),
    )
