"""The words of the command line (`:`): the same as those of the CLI, as far as they exist here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

from riskcockpit.domain.pillar import Pillar
from riskcockpit.tui.api import GatewayApi, Names
from riskcockpit.tui.completion import Completion, complete_command, complete_query
from riskcockpit.tui.host import Host
from riskcockpit.tui.messages import Place
from riskcockpit.tui.theme import THEMES


class Commanded(Host, Protocol):
    """The app, as commands see it."""

    def roll_back(self, model: str, to: int | None) -> None:
        """Preview the rollback of a model."""
        ...

    def ask_lock(self, *, is_locked: bool) -> None:
        """Lock at once; ask before unlocking production."""
        ...

    def save_view(self, name: str) -> None:
        """Keep the filter of the findings under a name."""
        ...

    def forget_view(self, name: str) -> None:
        """Forget a saved view."""
        ...

    def pull(self, names: Sequence[str]) -> None:
        """Pull these sources, or all of them."""
        ...

    def show_tour(self) -> None:
        """Show the tour."""
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


def _list_or_one(many: str, one: str) -> Callable[[Commanded, str], None]:
    """Show a list, or one of it; `list` and `show ID` are the words of the CLI."""

    def act(app: Commanded, rest: str) -> None:
        word, _, more = rest.partition(" ")
        name = {"list": "", "show": more.strip()}.get(word, rest)
        app.go_to(Place(one, name, Place(many)) if name else Place(many))

    return act


def _needed(kind: str, parent: str) -> Callable[[Commanded, str], None]:
    def act(app: Commanded, rest: str) -> None:
        if rest:
            app.go_to(Place(kind, rest, Place(parent)))
        else:
            app.tell(f"{kind} needs an id", severity="warning")

    return act


def _named(act: Callable[[Commanded, str], None], what: str) -> Callable[[Commanded, str], None]:
    def checked(app: Commanded, rest: str) -> None:
        if rest:
            act(app, rest)
        else:
            app.tell(f"{what} is needed", severity="warning")

    return checked


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
    model, _, version = rest.partition(" ")
    number = version.removeprefix("--to").strip().removeprefix("v")
    if not model:
        app.press("roll_back")
    elif number and not number.isdecimal():
        app.tell(f"{version!r} is no version of {model}", severity="warning")
    else:
        app.roll_back(model, int(number) if number else None)


def _verify(app: Commanded) -> None:
    app.go_to(Place("ledger"))
    app.press("verify")


COMMANDS: tuple[Command, ...] = (
    Command("status", "", "the overview", _place("overview")),
    Command("findings", "[QUERY]", "findings that match a query", _place("findings")),
    Command("finding", "ID", "one finding", _needed("finding", "findings")),
    Command("view", "NAME", "findings of a saved view",
            _named(lambda app, rest: app.go_to(Place("findings", f"@{rest}")), "a name")),
    Command("save", "NAME", "keep the filter of the findings as a view",
            _named(lambda app, rest: app.save_view(rest), "a name")),
    Command("forget", "NAME", "forget a saved view",
            _named(lambda app, rest: app.forget_view(rest), "a name")),
    Command("models", "[NAME]", "models, or one of them", _list_or_one("models", "model")),
    Command("pillar", "1-5", "one pillar", _pillar),
    Command("compliance", "[FRAMEWORK]", "requirements and evidence", _place("compliance")),
    Command("control", "ID", "one control: SQL, inputs, rows", _needed("control", "compliance")),
    Command("incidents", "", "incidents, their clocks and runbooks", _place("incidents")),
    Command("incident", "ID", "one incident", _needed("incident", "incidents")),
    Command("waivers", "[ID]", "waivers, or one of them", _list_or_one("waivers", "waiver")),
    Command("requests", "", "what waits for whose key", _list_or_one("requests", "requests")),
    Command("alerts", "[ID]", "alerts, or one of them", _list_or_one("alerts", "alert")),
    Command("trace", "[DEPLOYMENT]", "deployments, or the chain of one",
            _list_or_one("deployments", "deployment")),
    Command("exposure", "", "money at risk and what drives it", _place("exposure")),
    Command("ledger", "", "decisions and receipts", _place("ledger")),
    Command("verify", "", "verify every signature of the ledger", lambda app, _: _verify(app)),
    Command("actions", "", "what was done upstream", _place("actions")),
    Command("sources", "", "health of the sources", _place("sources")),
    Command("sync", "[SOURCE]...", "pull the sources", lambda app, rest: app.pull(rest.split())),
    Command("settings", "", "theme, contexts and keys", _place("settings")),
    Command("theme", "NAME", "draw in another theme", _theme),
    Command("ctx", "NAME", "go to another context",
            _named(lambda app, rest: app.switch_context(rest), "a name")),
    Command("waive", "", "waive what is marked or under the cursor", _press("waive"), changes=True),
    Command("approve", "", "approve the request under the cursor", _press("approve"), changes=True),
    Command("reject", "", "reject the request under the cursor", _press("reject"), changes=True),
    Command("renew", "", "renew the waiver under the cursor", _press("renew"), changes=True),
    Command("revoke", "", "revoke the waiver under the cursor", _press("revoke"), changes=True),
    Command("acknowledge", "", "acknowledge what is under the cursor", _press("acknowledge"),
            changes=True),
    Command("rollback", "[MODEL] [VERSION]", "roll a model back", _roll_back, changes=True),
    Command("undo", "", "undo your last decision", _press("undo"), changes=True),
    Command("note", "", "note on what is under the cursor", _press("note"), changes=True),
    Command("lock", "", "no decisions until unlocked", lambda app, _: app.ask_lock(is_locked=True)),
    Command("unlock", "", "allow decisions", lambda app, _: app.ask_lock(is_locked=False)),
    Command("help", "", "keys of this view", _press("help")),
    Command("tour", "", "the cockpit in one minute", lambda app, _: app.show_tour()),
    Command("quit", "", "quit", lambda app, _: app.leave_cockpit()),
)  # fmt: skip

_ALIASES = {"q": "quit", "overview": "status", "f": "findings", "m": "models", "l": "ledger"}


def completions(text: str, app: Host, names: Names) -> tuple[Completion, ...]:
    """Return what can end a command line."""
    gateway = app.gateway
    words = [
        (each.word, each.usage, each.words)
        for each in COMMANDS
        if not (each.changes and app.is_locked)
    ]
    return complete_command(
        text.removeprefix(":"),
        words,
        _arguments(gateway, names),
        lambda rest, head: complete_query(rest, gateway.query_fields, names, head=head),
    )


def _arguments(
    gateway: GatewayApi, names: Names
) -> dict[str, Callable[[], Iterable[tuple[str, str]]]]:
    def plain(known: Sequence[str], words: str) -> Callable[[], Iterable[tuple[str, str]]]:
        return lambda: ((name, words) for name in known)

    views = names.views.items
    return {
        "models": plain(names.models, "model"),
        "rollback": plain(names.models, "model"),
        "control": plain(names.controls, "control"),
        "compliance": plain(names.frameworks, "framework"),
        "view": views,
        "forget": views,
        "save": views,
        "theme": lambda: ((name, words) for name, (_, words) in THEMES.items()),
        "ctx": gateway.about.contexts.items,
        "pillar": lambda: ((pillar.value, f"pillar {pillar.number}") for pillar in Pillar),
    }


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
