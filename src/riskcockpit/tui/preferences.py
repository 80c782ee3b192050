"""What a person set for the cockpit, and whether it can be used: theme, keys, lists. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from riskcockpit.errors import ConfigError, QueryError
from riskcockpit.tui.api import About
from riskcockpit.tui.bindings import APART, AVOIDED, KEYS, SHARED_SCOPES
from riskcockpit.tui.theme import THEMES


def check(about: About) -> None:
    """Refuse preferences that cannot be used.

    Raises:
        ConfigError: names file, line and what to mend.
    """
    for path, what, hint in _faults(about):
        raise ConfigError(f"{_place(about, path)}{what}", hint=hint)


def fault_of_views(about: About, faulty: Mapping[str, QueryError]) -> ConfigError | None:
    """Return what to say of saved views that no query can be made of; None when there are none."""
    for name, error in faulty.items():
        place = _place(about, f"cockpit.views.{name}")
        more = f", and {len(faulty) - 1} more" if len(faulty) > 1 else ""
        return ConfigError(f"{place}view {name}: {error.message}{more}", hint=error.hint)
    return None


def _place(about: About, path: str) -> str:
    line = about.line_of(path)
    return f"{about.file}: line {line}: " if line is not None else ""


def _faults(about: About) -> Iterator[tuple[str, str, str]]:
    if about.theme not in THEMES:
        known = ", ".join(THEMES)
        yield "cockpit.theme", f'no theme "{about.theme}"', f"there are {known}"
    scopes = {key.id: key.scope for key in KEYS}
    for id_, keys in about.keymap.items():
        path = f"cockpit.keys.{id_}"
        if id_ not in scopes:
            near = get_close_matches(id_, scopes, 1)
            hint = f'did you mean "{near[0]}"?' if near else "docs/keys.md lists the ids"
            yield path, f'no key has the id "{id_}"', hint
            continue
        for name in keys.split(","):
            if not name.strip():
                yield path, f'"{id_}" is given no key', "as ctrl+f, or several as j,down"
            if name.strip() in AVOIDED:
                yield path, f'"{name.strip()}" cannot be used', AVOIDED[name.strip()]
    yield from _clashes(about)
    if about.lists:
        from riskcockpit.present.lists import faults  # noqa: PLC0415 - few choose columns

        yield from faults(about.lists)


def _clashes(about: About) -> Iterator[tuple[str, str, str]]:
    """Yield keys that the settings gave to something while another thing has them there."""
    scopes = {key.id: key.scope for key in KEYS}
    taken: dict[str, list[str]] = {}
    for key in KEYS:
        for name in about.keymap.get(key.id, key.keys).split(","):
            taken.setdefault(name.strip(), []).append(key.id)
    for name, ids in taken.items():
        for moved in (id_ for id_ in ids if id_ in about.keymap):
            other = next((id_ for id_ in ids if id_ != moved and _meet(scopes, id_, moved)), None)
            if other is not None:
                what = f'"{name}" is the key of {other} already'
                yield f"cockpit.keys.{moved}", what, "give that another key too"


def _meet(scopes: Mapping[str, str], first: str, second: str) -> bool:
    """Return whether two bindings can be in force on one screen."""
    one, two = scopes[first], scopes[second]
    return one == two or ({one, two} != {*APART} and bool({one, two} & {*SHARED_SCOPES}))
