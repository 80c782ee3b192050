"""Parameters of controls that a home sets otherwise, each with a reason and who decided it.

`CONFIG/controls/parameters.yaml`. A control whose parameter changed runs again, and what is set
otherwise stands in the signed entry of every evaluation: that is its audit trail.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

from riskcockpit.config.settings import Struct
from riskcockpit.config.strict import read_document
from riskcockpit.controls.pack import Control, Invalid, Packs, Scalar

FILE_NAME = "parameters.yaml"
SHORTEST_REASON = 10
"""Characters."""


class _Override(Struct, frozen=True):
    control: str
    params: dict[str, Scalar]
    reason: str
    decided_by: str
    context: str = ""


class _OverridesFile(Struct, frozen=True):
    overrides: tuple[_Override, ...]


def overridden(packs: Packs, directory: Path, context: str) -> Packs:
    """Return `packs` with what `directory` sets otherwise for the environment `context`.

    A control for which something is set that cannot be meant is among the invalid ones: nobody
    knows by which value it should be judged. So is a name that no control has. What is set for a
    control that cannot be read is left for when it can be.

    Raises:
        ConfigError: the file cannot be read; the message names file, line and what to mend.
    """
    file = directory / FILE_NAME
    if not file.exists():
        return packs
    document = read_document(file, _OverridesFile, "parameters of controls")
    found = {control.id: control for control in packs.controls}
    invalid = {each.id: each for each in packs.invalid}
    for index, override in enumerate(document.value.overrides):
        if override.control in invalid:
            continue
        fault = next(_faults(f"overrides[{index}]", override, found), None)
        if fault is not None:
            error = document.source.fault(*fault)
            invalid[override.control] = Invalid(override.control, error)
            found.pop(override.control, None)
        elif override.context in ("", context):
            found[override.control] = _changed(found[override.control], override)
    return Packs(tuple(found.values()), tuple(sorted(invalid.values(), key=lambda each: each.id)))


def _changed(control: Control, override: _Override) -> Control:
    said = f"{override.reason} ({override.decided_by})"
    params = {**control.params, **override.params}
    why = {**control.why_set, **dict.fromkeys(override.params, said)}
    return dataclasses.replace(control, params=params, why_set=why)


def _faults(
    path: str, override: _Override, known: Mapping[str, Control]
) -> Iterator[tuple[str, str, str | None]]:
    """Yield (path, what is wrong, hint) for each value that no type refuses."""
    control = known.get(override.control)
    if control is None:
        hint = _near(override.control, known)
        yield f"{path}.control", f'"{override.control}" is no control', hint
        return
    if len(override.reason.strip()) < SHORTEST_REASON:
        yield f"{path}.reason", "says too little", f"{SHORTEST_REASON} characters at least"
    if not override.decided_by.strip():
        yield f"{path}.decided_by", "names nobody", None
    yield from _value_faults(f"{path}.params", override, control)


def _value_faults(
    path: str, override: _Override, control: Control
) -> Iterator[tuple[str, str, str | None]]:
    for name, value in override.params.items():
        if name not in control.params:
            yield (
                f"{path}.{name}",
                f"{control.id} has no such parameter",
                _near(name, control.params),
            )
        elif not _is_alike(value, control.params[name]):
            yield f"{path}.{name}", f"{value!r} is not like {control.params[name]!r}", None


def _is_alike(value: Scalar, default: Scalar) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    return isinstance(value, str) == isinstance(default, str)


def _near(name: str, known: Mapping[str, object]) -> str:
    nearest = difflib.get_close_matches(name, list(known), 1)
    return f'did you mean "{nearest[0]}"?' if nearest else f"known: {', '.join(sorted(known))}"
