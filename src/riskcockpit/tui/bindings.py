"""The one registry of keys: bindings, help, palette, key line and `docs/keys.md` come from here.

A key that does nothing in this release is not in it. Every key has an id by which the settings
(`cockpit.keys`) can move it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual.binding import Binding, BindingType

from riskcockpit.tui.key_names import sign_of


@dataclass(frozen=True, slots=True)
class Key:
    """One thing a key does."""

    id: str
    keys: str
    """Textual key names, separated by commas; the first is shown."""
    words: str
    """What it does, in words."""
    scope: str
    """Heading in help: a key of `SCOPES`."""
    action: str
    label: str = ""
    """Short word in the key line; empty: not shown there."""
    changes: bool = False
    """It leads to a decision; hidden while the cockpit is locked."""

    @property
    def all_shown(self) -> str:
        """Every key as people read it, as `j down`."""
        return " ".join(self.read_in({}))

    def read_in(self, keymap: Mapping[str, str]) -> list[str]:
        """Return its keys as people read them, as the settings have moved them."""
        return [as_read(name.strip()) for name in keymap.get(self.id, self.keys).split(",")]


def as_read(name: str) -> str:
    """Return a key of Textual as people read it."""
    return "esc" if name == "escape" else sign_of(name) or name


_Row = tuple[str, str, str, str, str]


def _keys(scope: str, *rows: _Row) -> tuple[Key, ...]:
    return tuple(
        Key(name, keys, words, scope, action, label, changes=scope == "decisions")
        for name, keys, words, action, label in rows
    )


KEYS: tuple[Key, ...] = (
    *_keys(
        "places",
        (
            "go.overview",
            "0",
            "overview: pillars, what needs you, money at risk",
            "go('overview')",
            "overview",
        ),
        ("go.pillar.1", "1", "pillar data integrity", "pillar(1)", ""),
        ("go.pillar.2", "2", "pillar model validation", "pillar(2)", ""),
        ("go.pillar.3", "3", "pillar infrastructure hardening", "pillar(3)", ""),
        ("go.pillar.4", "4", "pillar compliance automation", "pillar(4)", ""),
        ("go.pillar.5", "5", "pillar incident response", "pillar(5)", ""),
        ("go.findings", "f", "findings", "go('findings')", "findings"),
        ("go.models", "m", "models", "go('models')", "models"),
        (
            "go.compliance",
            "c",
            "compliance: requirements and their evidence",
            "go('compliance')",
            "compliance",
        ),
        ("go.deployments", "D", "deployments and their chains", "go('deployments')", ""),
        ("go.incidents", "i", "incidents: clocks, runbooks, timelines", "go('incidents')", ""),
        ("go.requests", "R", "requests: what waits for whose key", "go('requests')", "requests"),
        ("go.waivers", "W", "waivers: how they stand, and why", "go('waivers')", ""),
        ("go.alerts", "b", "alerts: what is told to whom, and what is held", "go('alerts')", ""),
        (
            "go.exposure",
            "x",
            "exposure: money at risk and what drives it",
            "go('exposure')",
            "exposure",
        ),
        ("go.ledger", "l", "ledger", "go('ledger')", "ledger"),
        ("go.sources", "S", "sources", "go('sources')", "sources"),
        ("go.settings", "comma", "settings: theme, contexts, keys", "go('settings')", "settings"),
        ("go.actions", "@", "action log: what was done upstream", "go('actions')", "actions"),
    ),
    *_keys(
        "everywhere",
        ("app.command", ":", "command line with the words of the CLI", "command", "command"),
        ("app.palette", "ctrl+p", "palette: search everything", "command_palette", ""),
        ("app.help", "?", "keys of this view", "help", "help"),
        ("app.back", "escape", "one level back", "back", "back"),
        ("app.close", "q", "close this view; at the overview quit", "close", "quit"),
        ("app.quit", "ctrl+q", "quit", "quit", ""),
        ("app.last", "-", "last view", "last", ""),
        ("app.older", "[", "older view in the history", "older", ""),
        ("app.newer", "]", "newer view in the history", "newer", ""),
        ("app.related", "t", "what this is about: its findings, model, controls", "related", ""),
        ("app.copy", "y", "copy the id of what the cursor is on", "copy", ""),
        (
            "app.reload",
            "ctrl+r",
            "sync now, in Sources the one under the cursor; read anew",
            "reload",
            "",
        ),
        ("app.redraw", "ctrl+l", "redraw the screen", "redraw", ""),
        ("app.suspend", "ctrl+z", "suspend; `fg` in the shell comes back", "suspend_process", ""),
    ),
    *_keys(
        "lists",
        ("list.down", "j,down", "down", "down", ""),
        ("list.up", "k,up", "up", "up", ""),
        ("list.first", "g,home", "first row", "first", ""),
        ("list.last", "G,end", "last row", "last", ""),
        ("list.half-down", "ctrl+d", "half a page down", "half(1)", ""),
        ("list.half-up", "ctrl+u", "half a page up", "half(-1)", ""),
        ("list.page-down", "pagedown", "a page down", "page(1)", ""),
        ("list.page-up", "pageup", "a page up", "page(-1)", ""),
        ("list.open", "enter", "open", "open", "open"),
        ("list.jump", "semicolon", "show letters; one goes to its row", "jump", ""),
    ),
    *_keys(
        "columns",
        ("list.column-left", "left", "column to the left", "column(-1)", ""),
        ("list.column-right", "right", "column to the right", "column(1)", ""),
        ("list.sort", "s", "sort by the column; again reverses", "sort", "sort"),
    ),
    *_keys(
        "rows",
        (
            "list.narrow",
            "/",
            "only rows with these words, or without -these; esc shows all",
            "narrow",
            "filter",
        ),
    ),
    *_keys(
        "findings",
        ("findings.filter", "/", "filter with the query grammar", "filter", "filter"),
        (
            "findings.spread",
            "B",
            "break down by severity, owner, asset, tool, rule; enter keeps a part",
            "spread",
            "break down",
        ),
        ("findings.mark", "space", "mark the row", "mark", "mark"),
        ("findings.range", "v", "start a range; again marks it", "range", "range"),
        ("findings.mark-all", "*", "mark all that match the filter", "mark_all", ""),
        ("findings.unmark", "\\", "clear the marks", "unmark", ""),
        ("findings.preview", "p", "show or hide the preview", "preview", "preview"),
        ("findings.preview-place", "P", "preview below or beside", "preview_place", ""),
        ("findings.next-view", "tab", "next saved view", "view(1)", "view"),
        ("findings.previous-view", "shift+tab", "saved view before", "view(-1)", ""),
        ("findings.keep-view", "F", "keep this filter as a view", "keep_view", ""),
    ),
    *_keys(
        "finding",
        ("finding.upstream", "o", "open its page in the browser", "upstream", "open page"),
        ("finding.edit", "e", "open its file at the line in $EDITOR", "edit", "edit"),
    ),
    *_keys(
        "query",
        (
            "query.complete",
            "tab",
            "take what follows; again the next",
            "complete(1)",
            "complete",
        ),
        ("query.complete-back", "shift+tab", "take the one before", "complete(-1)", ""),
    ),
    *_keys(
        "decisions",
        ("decide.approve", "a", "approve a request", "approve", "approve"),
        ("decide.reject", "X", "reject a request", "reject", "reject"),
        ("decide.waive", "w", "waive: reason, justification, expiry", "waive", "waive"),
        (
            "decide.roll-back",
            "r",
            "roll back a model to the version before",
            "roll_back",
            "roll back",
        ),
        ("decide.renew", "N", "renew a waiver: until when, and why", "renew", "renew"),
        ("decide.revoke", "U", "revoke a waiver: its findings count again", "revoke", "revoke"),
        (
            "decide.acknowledge",
            "A",
            "acknowledge an incident or an alert",
            "acknowledge",
            "acknowledge",
        ),
        ("decide.undo", "u", "undo your last decision", "undo", "undo"),
        ("decide.note", "n", "note on what is under the cursor", "note", "note"),
    ),
    *_keys(
        "compliance",
        ("compliance.unfold", "right", "show what lies under the line", "unfold", ""),
        ("compliance.fold", "left", "hide it, or go to the line above", "fold", ""),
        ("compliance.unfold-all", "E", "show everything; again hides it", "unfold_all", "all"),
        ("compliance.matrix", "T", "matrix, or the tree again", "matrix", "matrix"),
        (
            "compliance.faults",
            "!",
            "only what lacks something; again shows all",
            "faults",
            "faults",
        ),
    ),
    *_keys(
        "panels",
        ("panel.next", "tab", "next panel: KPIs, controls, findings", "panel(1)", "panel"),
        ("panel.previous", "shift+tab", "panel before", "panel(-1)", ""),
    ),
    *_keys(
        "ledger",
        ("ledger.verify", "V", "verify every signature now", "verify", "verify now"),
    ),
)
"""Every key of this release: id, keys, what it does, action, short word."""

AVOIDED: dict[str, str] = {
    "ctrl+a": "screen and tmux users have it as prefix, and fields go to their start with it",
    "ctrl+b": "the prefix of tmux",
    "ctrl+s": "stops the output of terminals with flow control",
    "ctrl+o": "a prefix of zellij",
    "ctrl+j": "the same as enter in many terminals",
    "ctrl+m": "the same as enter",
    "ctrl+i": "the same as tab",
    "ctrl+h": "the same as backspace in many terminals",
    "ctrl+z": "suspends the program",
    "ctrl+c": "copies what is selected",
    "ctrl+k": "deletes to the end of a field",
    "delete": "destroys elsewhere",
    "backspace": "destroys elsewhere",
}
"""Keys that nothing may be moved to → why; terminals, multiplexers or habits have them.

The one that suspends does what everybody expects of it, and only that.
"""

SCOPES: dict[str, str] = {
    "places": "Places",
    "everywhere": "Everywhere",
    "lists": "Lists",
    "columns": "Columns of a list",
    "rows": "Rows of a list",
    "findings": "Findings",
    "finding": "A finding",
    "query": "Typing a query",
    "decisions": "Decisions",
    "compliance": "Compliance",
    "panels": "Pillar",
    "ledger": "Ledger",
}
"""Scope → its heading, in the order of help."""

LAST_SCOPES = ("decisions", "rows", "columns", "lists", "query", "everywhere", "places")
"""Scopes that help shows after those of the view alone, in this order."""

SEEN_IN: dict[str, tuple[str, ...]] = {
    "columns": ("findings", "models", "incidents"),
    "rows": ("models", "ledger", "alerts"),
    "findings": ("findings",),
    "finding": ("findings", "finding"),
    "query": ("findings",),
    "compliance": ("compliance",),
    "ledger": ("ledger",),
    "decide.approve": ("overview", "requests", "waivers", "waiver"),
    "decide.reject": ("overview", "requests", "waivers", "waiver"),
    "decide.waive": ("overview", "findings", "finding", "pillar", "exposure"),
    "decide.roll-back": ("overview", "models", "model", "incidents", "incident", "exposure"),
    "decide.renew": ("waivers", "waiver"),
    "decide.revoke": ("waivers", "waiver"),
    "decide.acknowledge": ("incidents", "incident", "alerts", "alert"),
    "decide.note": ("overview", "findings", "finding", "models", "model", "requests", "waivers"),
}
"""Scope or id of a key → some views that take it, the nearest first."""

SHARED_SCOPES = ("places", "everywhere", "lists", "columns", "rows", "finding", "decisions")
"""Scopes in force on many screens; the others belong to one screen each."""

APART = (
    ("columns", "compliance"),
    ("rows", "findings"),
    ("rows", "finding"),
    ("rows", "query"),
    ("rows", "panels"),
)
"""Scopes that never meet, though one is shared: the arrows fold the tree of compliance, and
findings are filtered by a query.
"""


def bind(*wanted: str) -> list[BindingType]:
    """Return the bindings of whole scopes (`lists`) and single ids (`decide.waive`)."""
    return [
        Binding(
            key.keys,
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


_PREAMBLE = """# Keys

Made from `src/riskcockpit/tui/bindings.py`; a test compares. Move a key in the settings by its id:

```yaml
cockpit:
  keys:
    findings.filter: "ctrl+f"
```
"""


def document() -> str:
    """Return the text of `docs/keys.md`."""
    parts = [_PREAMBLE]
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
    return "\\|" if name == "|" else as_read(name)
