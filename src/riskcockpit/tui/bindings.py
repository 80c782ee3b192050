"""The one registry of keys: bindings, help, palette, key line and `docs/keys.md` come from here.

A key that does nothing in this release is not in it. Every key has an id by which the settings
(`cockpit.keys`) can move it.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Key:
    """One thing a key does."""

    id: str
    keys: str
    """Textual key names, separated by commas; the first is shown."""
    words: str
    """What it does, in words."""
    scope: str
    """Heading in help: `places`, `everywhere`, `lists`, `findings`, `decisions`, `ledger`."""
    action: str
    label: str = ""
    """Short word in the key line; empty: not shown there."""
    changes: bool = False
    """It leads to a decision; hidden while the cockpit is locked."""

    @property
    def shown(self) -> str:
        """The first key as people read it."""
        return self.keys.split(",")[0]

    @property
    def all_shown(self) -> str:
        """Every key as people read it, as `j down`."""
        return " ".join(self.keys.split(",")) if self.keys != "," else ","


KEYS: tuple[Key, ...] = (
    Key("go.overview", "0", "overview: pillars, what needs you, money at risk", "places", "go('overview')", "overview"),
    Key("go.pillar.1", "1", "pillar data integrity", "places", "pillar(1)"),
    Key("go.pillar.2", "2", "pillar model validation", "places", "pillar(2)"),
    Key("go.pillar.3", "3", "pillar infrastructure hardening", "places", "pillar(3)"),
    Key("go.pillar.4", "4", "pillar compliance automation", "places", "pillar(4)"),
    Key("go.pillar.5", "5", "pillar incident response", "places", "pillar(5)"),
    Key("go.findings", "f", "findings", "places", "go('findings')", "findings"),
    Key("go.models", "m", "models", "places", "go('models')", "models"),
    Key("go.ledger", "l", "ledger", "places", "go('ledger')", "ledger"),
    Key("go.sources", "S", "sources", "places", "go('sources')", "sources"),
    Key("go.actions", "@", "action log: what was done upstream", "places", "go('actions')", "actions"),
    Key("app.command", ":", "command line with the words of the CLI", "everywhere", "command", "command"),
    Key("app.palette", "ctrl+p", "palette: search everything", "everywhere", "command_palette"),
    Key("app.help", "?", "keys of this view", "everywhere", "help", "help"),
    Key("app.back", "escape", "one level back", "everywhere", "back", "back"),
    Key("app.close", "q", "close this view; at the overview quit", "everywhere", "close", "quit"),
    Key("app.quit", "ctrl+q", "quit", "everywhere", "quit"),
    Key("app.last", "-", "last view", "everywhere", "last"),
    Key("app.older", "[", "older view in the history", "everywhere", "older"),
    Key("app.newer", "]", "newer view in the history", "everywhere", "newer"),
    Key("app.reload", "ctrl+r", "read the cache anew", "everywhere", "reload"),
    Key("app.redraw", "ctrl+l", "redraw the screen", "everywhere", "redraw"),
    Key("list.down", "j,down", "down", "lists", "down"),
    Key("list.up", "k,up", "up", "lists", "up"),
    Key("list.first", "g,home", "first row", "lists", "first"),
    Key("list.last", "G,end", "last row", "lists", "last"),
    Key("list.half-down", "ctrl+d", "half a page down", "lists", "half(1)"),
    Key("list.half-up", "ctrl+u", "half a page up", "lists", "half(-1)"),
    Key("list.page-down", "pagedown", "a page down", "lists", "page(1)"),
    Key("list.page-up", "pageup", "a page up", "lists", "page(-1)"),
    Key("list.open", "enter", "open", "lists", "open", "open"),
    Key("findings.filter", "/", "filter with the query grammar", "findings", "filter", "filter"),
    Key("findings.column-left", "left", "column to the left", "findings", "column(-1)"),
    Key("findings.column-right", "right", "column to the right", "findings", "column(1)"),
    Key("findings.sort", "s", "sort by the column; again reverses", "findings", "sort", "sort"),
    Key("findings.mark", "space", "mark the row", "findings", "mark", "mark"),
    Key("findings.range", "v", "start a range; again marks it", "findings", "range", "range"),
    Key("findings.mark-all", "*", "mark all that match the filter", "findings", "mark_all"),
    Key("findings.unmark", "\\", "clear the marks", "findings", "unmark"),
    Key("findings.preview", "p", "show or hide the preview", "findings", "preview", "preview"),
    Key("decide.approve", "a", "approve a request", "decisions", "approve", "approve", changes=True),
    Key("decide.reject", "X", "reject a request", "decisions", "reject", "reject", changes=True),
    Key("decide.waive", "w", "waive: reason, justification, expiry", "decisions", "waive", "waive", changes=True),
    Key("decide.roll-back", "r", "roll back a model to the version before", "decisions", "roll_back", "roll back", changes=True),
    Key("decide.undo", "u", "undo your last decision", "decisions", "undo", "undo", changes=True),
    Key("decide.note", "n", "note on this finding or model", "decisions", "note", "note", changes=True),
    Key("ledger.verify", "V", "verify every signature now", "ledger", "verify", "verify now"),
)  # fmt: skip

SCOPES: dict[str, str] = {
    "places": "Places",
    "everywhere": "Everywhere",
    "lists": "Lists",
    "findings": "Findings",
    "decisions": "Decisions",
    "ledger": "Ledger",
}
"""Scope → its heading, in the order of help."""

_BY_ID = {key.id: key for key in KEYS}


def key(identifier: str) -> Key:
    """Return the key with this id; a wrong id is a KeyError, found by any test."""
    return _BY_ID[identifier]


def bind(*wanted: str) -> list[Binding]:
    """Return the bindings of whole scopes (`lists`) and single ids (`decide.waive`)."""
    return [
        Binding(
            key.keys.replace(",", ",") if key.keys != "," else "comma",
            key.action,
            key.words,
            id=key.id,
            show=bool(key.label),
            priority=key.keys.startswith("ctrl+") and key.scope == "everywhere",
        )
        for key in KEYS
        if key.scope in wanted or key.id in wanted
    ]


def changing_actions() -> frozenset[str]:
    """Return the actions that lead to a decision."""
    return frozenset(key.action for key in KEYS if key.changes)


def document() -> str:
    """Return the text of `docs/keys.md`."""
    parts = [
        "# Keys\n\nMade from `src/riskcockpit/tui/bindings.py`; a test compares. "
        "Move a key in the settings by its id:\n\n```yaml\ncockpit:\n  keys:\n"
        '    findings.filter: "ctrl+f"\n```\n'
    ]
    for scope, heading in SCOPES.items():
        rows = [
            f"| {' '.join(f'`{_written(name)}`' for name in each.keys.split(','))} "
            f"| {each.words} | `{each.id}` |"
            for each in KEYS
            if each.scope == scope
        ]
        parts.append(f"\n## {heading}\n\n| key | does | id |\n|---|---|---|\n" + "\n".join(rows))
        parts.append("\n")
    return "".join(parts)


def _written(name: str) -> str:
    return "\\|" if name == "|" else name
