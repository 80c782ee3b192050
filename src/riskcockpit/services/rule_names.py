"""Rules that tools renamed, from `rule_aliases.yaml`: ours, and those of this home beside them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from riskcockpit.config.paths import Paths, shipped
from riskcockpit.config.strict import read_yaml
from riskcockpit.errors import ConfigError

FILE_NAME = "rule_aliases.yaml"
RuleNames = dict[str, dict[str, str]]
"""tool (lower case) → new name → former name."""


def rule_names(paths: Paths) -> RuleNames:
    """Return all renamed rules; a home's own file wins over ours.

    Raises:
        ConfigError: a file is not of the documented shape.
    """
    names: RuleNames = {}
    for file in (shipped("config", FILE_NAME), paths.config / FILE_NAME):
        for tool, rules in _read(file).items():
            names.setdefault(tool.lower(), {}).update(rules)
    return names


def _read(file: Path) -> RuleNames:
    if not file.exists():
        return {}
    try:
        return msgspec.convert(read_yaml(file, "renamed rules") or {}, RuleNames)
    except msgspec.ValidationError as error:
        raise ConfigError(
            f"cannot read renamed rules from {file}: {error}",
            hint="write `tool:` and under it `new-name: former-name`",
        ) from error
