"""The words of the command line (`:`): the same as those of the CLI, as far as they exist here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

from riskcockpit.domain.pillar import Pillar
from riskcockpit.tui.host import Host
from riskcockpit.tui.messages import Place
from riskcockpit.tui.theme import THEMES


class Commanded(Host, Protocol):
    """The app, as commands see it."""

    def roll_back(self, model: str) -> None:
        """Preview the rollback of a model."""
        ...

    def ask_lock(self, *, is_locked: bool) -> None:
        """Lock at once; ask before unlocking production."""
        ...

    def leave_cockpit(self) -> None:
        """Quit."""
        ...


@dataclass(frozen=True, slots=True)
class Command:
    """One word and what it does."""

    word: str
    usage: str
    """What may follow the word; empty when nothing does."""
    words: str
    """What it does, in words."""
    act: Callable[[Commanded, str], None]
    changes: bool = False
    """It leads to a decision; refused while the cockpit is locked."""


def _place(kind: str) -> Callable[[Commanded, str], None]:
    return lambda app, rest: app.go_to(Place(kind, rest))


def _press(action: str) -> Callable[[Commanded, str], None]:
    return lambda app, _: app.press(action)


def _models(app: Commanded, rest: str) -> None:
    app.go_to(Place("model", rest, Place("models")) if rest else Place("models"))


def _needed(kind: str, parent: str) -> Callable[[Commanded, str], None]:
    def act(app: Commanded, rest: str) -> None:
        if rest:
            app.go_to(Place(kind, rest, Place(parent)))
        else:
            app.tell(f"{kind} needs an id", severity="warning")

    return act


def _pillar(app: Commanded, rest: str) -> None:
    known = {name: pillar for pillar in Pillar for name in (pillar.value, str(pillar.number))}
    pillar = known.get(rest.strip())
    if pillar is None:
        app.tell(f"no pillar {rest!r}: 1 to 5, or {', '.join(Pillar)}", severity="warning")
    else:
        app.go_to(Place("pillar", pillar.value))


def _theme(app: Commanded, rest: str) -> None:
    if rest in THEMES:
        app.set_theme(rest)
    else:
        app.tell(f"no theme {rest!r}; there are {', '.join(THEMES)}", severity="warning")


def _roll_back(app: Commanded, rest: str) -> None:
    if rest:
        app.roll_back(rest)
    else:
        app.press("roll_back")


COMMANDS: tuple[Command, ...] = (
    Command("status", "", "the overview", _place("overview")),
    Command("findings", "[QUERY]", "findings that match a query", _place("findings")),
    Command("finding", "ID", "one finding", _needed("finding", "findings")),
    Command("models", "[NAME]", "models, or one of them", _models),
    Command("pillar", "1-5", "one pillar", _pillar),
    Command("compliance", "[FRAMEWORK]", "requirements and evidence", _place("compliance")),
    Command("control", "ID", "one control: SQL, inputs, rows", _needed("control", "compliance")),
    Command("exposure", "", "money at risk and what drives it", _place("exposure")),
    Command("ledger", "", "decisions and receipts", _place("ledger")),
    Command("verify", "", "verify every signature of the ledger", lambda app, _: _verify(app)),
    Command("actions", "", "what was done upstream", _place("actions")),
    Command("sources", "", "health of the sources", _place("sources")),
    Command("settings", "", "theme, contexts and keys", _place("settings")),
    Command("theme", "NAME", "draw in another theme", _theme),
    Command("ctx", "NAME", "go to another context", lambda app, rest: app.switch_context(rest)),
    Command("waive", "", "waive what is marked or under the cursor", _press("waive"), changes=True),
    Command("approve", "", "approve the request under the cursor", _press("approve"), changes=True),
    Command("reject", "", "reject the request under the cursor", _press("reject"), changes=True),
    Command("rollback", "[MODEL]", "roll a model back", _roll_back, changes=True),
    Command("undo", "", "undo your last decision", _press("undo"), changes=True),
    Command("note", "", "note on what is under the cursor", _press("note"), changes=True),
    Command("lock", "", "no decisions until unlocked", lambda app, _: app.ask_lock(is_locked=True)),
    Command("unlock", "", "allow decisions", lambda app, _: app.ask_lock(is_locked=False)),
    Command("help", "", "keys of this view", _press("help")),
    Command("quit", "", "quit", lambda app, _: app.leave_cockpit()),
)

_ALIASES = {"q": "quit", "overview": "status", "f": "findings", "m": "models", "l": "ledger"}


def _verify(app: Commanded) -> None:
    app.go_to(Place("ledger"))
    app.press("verify")


def run(app: Commanded, text: str) -> None:
    """Do what a command line says, or say why not."""
    word, _, rest = text.strip().removeprefix(":").partition(" ")
    if not word:
        return
    wanted = _ALIASES.get(word, word)
    command = next((each for each in COMMANDS if each.word == wanted), None)
    if command is None:
        near = get_close_matches(wanted, [each.word for each in COMMANDS], 1)
        hint = f", did you mean {near[0]}?" if near else "; ? lists what there is"
        app.tell(f"no command {word!r}{hint}", severity="warning")
    elif command.changes and app.is_locked:
        app.tell("decisions are locked here; :unlock allows them", severity="warning")
    else:
        command.act(app, rest.strip())
