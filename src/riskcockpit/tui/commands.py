"""What the words of the command line (`:`) do; which words there are stands in the vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from riskcockpit.domain.decision import WaiverReason
from riskcockpit.domain.pillar import Pillar
from riskcockpit.present.vocabulary import WORDS, Given, Misspelt, Word, read
from riskcockpit.tui import intents
from riskcockpit.tui.api import GatewayApi, Names
from riskcockpit.tui.commanded import Commanded
from riskcockpit.tui.completion import Completion, complete_command, complete_query
from riskcockpit.tui.conditions import LOCKED, READ_ONLY
from riskcockpit.tui.host import Host
from riskcockpit.tui.messages import Place
from riskcockpit.tui.theme import THEMES

if TYPE_CHECKING:
    from riskcockpit.tui.intents import Intent

_DRY = "--dry-run"


Act = Callable[[Commanded, Given], None]


def _place(kind: str) -> Act:
    return lambda app, given: app.go_to(Place(kind, given.raw))


def _break_down(app: Commanded, given: Given) -> None:
    app.go_to(Place("findings", given.raw))
    app.press("spread")


def _press(action: str) -> Act:
    return lambda app, _: app.press(action)


def _one(kind: str, parent: str) -> Act:
    """Show what is named, and the list it is of when nothing is."""

    def act(app: Commanded, given: Given) -> None:
        name = " ".join(given.rest)
        app.go_to(Place(kind, name, Place(parent)) if name else Place(parent))

    return act


def _pillar(app: Commanded, given: Given) -> None:
    known = {name: pillar for pillar in Pillar for name in (pillar.value, str(pillar.number))}
    pillar = known.get(given.part(0))
    if pillar is None:
        raise Misspelt(f'no pillar "{given.part(0)}": 1 to 5, or {", ".join(Pillar)}')
    app.go_to(Place("pillar", pillar.value))


def _theme(app: Commanded, given: Given) -> None:
    name = given.part(0)
    if name not in THEMES:
        raise Misspelt(f'no theme "{name}"; there are {", ".join(THEMES)}')
    app.set_theme(name)


def _context(app: Commanded, given: Given) -> None:
    name, about = " ".join(given.rest), app.gateway.about
    if name not in (about.context, *about.contexts):
        known = ", ".join(about.contexts) or "none: cockpit: contexts: names them"
        raise Misspelt(f"no context {name!r}; the settings know {known}")
    app.switch_context(name)


def _verify(app: Commanded, given: Given) -> None:
    del given
    app.go_to(Place("ledger"))
    app.press("verify")


def _save(app: Commanded, given: Given) -> None:
    app.save_view(given.part(0), given.raw.partition(" ")[2])


# decisions: what is named, else what is under the cursor


def _decide(action: str, make: Callable[[Given], Intent]) -> Act:
    """Preview what is made of what was given; without anything do what the key does."""

    def act(app: Commanded, given: Given) -> None:
        if given.rest:
            app.desk.consider(make(given), is_trial=_DRY in given.options)
        else:
            _only_bare(given)
            app.press(action)

    return act


def _only_bare(given: Given) -> None:
    if given.options:
        options = ", ".join(given.options)
        raise Misspelt(f"{options} needs what it is about: {given.word.shown}")


def _said(
    action: str, form: str, title: str, label: str, make: Callable[[str, str], Intent]
) -> Act:
    """Preview what is made of an id and a text; ask for the text when it is missing."""

    def act(app: Commanded, given: Given) -> None:
        named = given.part(0)
        if not named:
            _only_bare(given)
            app.press(action)
            return
        text = given.option("--comment") or " ".join(given.rest[1:])
        is_trial = _DRY in given.options
        if text:
            app.desk.consider(make(named, text), is_trial=is_trial)
        else:
            app.desk.ask_line(
                f"{form}:{named}", title, label, lambda typed: make(named, typed),
                is_trial=is_trial,
            )  # fmt: skip

    return act


def _acknowledge_alert(alert: str, text: str) -> Intent:
    return intents.AcknowledgeAlert(alert, text)


def _undo(app: Commanded, given: Given) -> None:
    app.desk.consider(intents.Undo(given.part(0)), is_trial=_DRY in given.options)


def _renew(app: Commanded, given: Given) -> None:
    if given.rest:
        app.desk.renew(given.part(0))
    else:
        app.press("renew")


def _waive(app: Commanded, given: Given) -> None:
    terms = {
        name: given.option(f"--{name}")
        for name in ("reason", "justification", "expires")
        if given.option(f"--{name}")
    }
    reason = terms.get("reason", "").replace("-", "_")
    if reason and reason not in [each.value for each in WaiverReason]:
        raise Misspelt(f'no reason "{reason}"; there are {", ".join(WaiverReason)}')
    if reason:
        terms["reason"] = reason
    is_trial = _DRY in given.options
    if given.raw:
        app.desk.waive_named(given.raw, terms, is_trial=is_trial)
    elif not given.options:
        app.press("waive")
    elif why := app.desk.why_not("waive"):
        app.tell(why, severity="warning")
    else:
        app.desk.waive(app.desk.finding_subjects(), terms, is_trial=is_trial)


def _roll_back(app: Commanded, given: Given) -> None:
    model, typed = given.part(0), given.option("--to") or given.part(1)
    number = typed.removeprefix("v")
    if not model:
        _only_bare(given)
        app.press("roll_back")
    elif number and not number.isdecimal():
        raise Misspelt(f'"{typed}" is no version of {model}')
    else:
        version = int(number) if number else None
        app.desk.roll_back(
            model, version, given.option("--comment"), is_trial=_DRY in given.options
        )


_SIGNED = "It is signed and stays in the ledger"
_ASKER = "Why: it is signed and its asker reads it"
_NOTE = _said("note", "note", "Note", _SIGNED, intents.Note)
_FINDINGS, _FINDING = _place("findings"), _one("finding", "findings")
_MODEL, _WAIVER = _one("model", "models"), _one("waiver", "waivers")
_CONTROL, _INCIDENT = _one("control", "compliance"), _one("incident", "incidents")
_ALERT, _DEPLOYMENT = _one("alert", "alerts"), _one("deployment", "deployments")
_FORGET: Act = lambda app, given: app.forget_view(given.part(0))  # noqa: E731 - one of a table

ACTS: Mapping[str, Act] = {
    "status": _place("overview"),
    "kpis": _place("overview"),
    "kpis list": _place("overview"),
    "findings": _FINDINGS,
    "findings list": _FINDINGS,
    "findings show": _FINDING,
    "finding": _FINDING,
    "findings facets": _break_down,
    "findings save": _save,
    "findings forget": _FORGET,
    "findings release": _decide("", lambda given: intents.Release(given.part(0))),
    "view": lambda app, given: app.go_to(Place("findings", f"@{given.part(0)}")),
    "save": _save,
    "forget": _FORGET,
    "models": _MODEL,
    "models list": _MODEL,
    "models show": _MODEL,
    "model": _MODEL,
    "pillar": _pillar,
    "compliance": _place("compliance"),
    "controls": _CONTROL,
    "controls list": _CONTROL,
    "controls explain": _CONTROL,
    "control": _CONTROL,
    "incidents": _INCIDENT,
    "incident": _INCIDENT,
    "incident list": _INCIDENT,
    "incident show": _INCIDENT,
    "incident ack": _decide("",
                            lambda it: intents.Acknowledge(it.part(0), it.option("--comment"))),
    "incident note": _NOTE,
    "waivers": _WAIVER,
    "waivers list": _WAIVER,
    "waivers show": _WAIVER,
    "waiver": _WAIVER,
    "waivers renew": _renew,
    "requests": _place("requests"),
    "requests list": _place("requests"),
    "alerts": _ALERT,
    "alerts list": _ALERT,
    "alerts show": _ALERT,
    "alert": _ALERT,
    "alerts ack": _said("", "alert", "Acknowledge the alert",
                        "What you do about it: it is signed", _acknowledge_alert),
    "trace": _DEPLOYMENT,
    "deployments": _DEPLOYMENT,
    "deployments list": _DEPLOYMENT,
    "exposure": _place("exposure"),
    "ledger": _place("ledger"),
    "ledger log": _place("ledger"),
    "ledger show": _place("ledger"),
    "ledger verify": _verify,
    "verify": _verify,
    "actions": _place("actions"),
    "actions list": _place("actions"),
    "sources": _place("sources"),
    "sources list": _place("sources"),
    "sync": lambda app, given: app.pull(given.rest),
    "settings": _place("settings"),
    "config show": _place("settings"),
    "theme": _theme,
    "ctx": _context,
    "waive": _waive,
    "approve": _decide("approve",
                       lambda it: intents.Approve(it.part(0), it.option("--comment"))),
    "reject": _said("reject", "reject", "Reject the request", _ASKER, intents.Reject),
    "renew": _renew,
    "revoke": _said("revoke", "revoke", "Revoke the waiver", _ASKER, intents.Revoke),
    "acknowledge": _press("acknowledge"),
    "rollback": _roll_back,
    "undo": _undo,
    "note": _NOTE,
    "lock": lambda app, _: app.ask_lock(is_locked=True),
    "unlock": lambda app, _: app.ask_lock(is_locked=False),
    "help": _press("help"),
    "tour": lambda app, _: app.show_tour(),
    "quit": lambda app, _: app.leave_cockpit(),
}  # fmt: skip
"""Word of the vocabulary → what it does here."""


def offered(*, is_locked: bool) -> tuple[Word, ...]:
    """Return the words that do something here and now; what only a shell does comes last."""
    return tuple(each for each in WORDS if not (each.changes and is_locked))


def completions(text: str, app: Host, names: Names) -> tuple[Completion, ...]:
    """Return what can end a command line."""
    gateway = app.gateway
    return complete_command(
        text.removeprefix(":"),
        offered(is_locked=app.is_locked),
        _arguments(gateway, names),
        lambda rest, head: complete_query(rest, gateway.query_fields, names, head=head),
    )


def _arguments(
    gateway: GatewayApi, names: Names
) -> dict[str, Callable[[], Iterable[tuple[str, str]]]]:
    def plain(known: Sequence[str], words: str) -> Callable[[], Iterable[tuple[str, str]]]:
        return lambda: ((name, words) for name in known)

    views = names.views.items
    models = plain(names.models, "its readings, versions and timeline")
    controls = plain(names.controls, "its SQL, its inputs and the rows behind it")
    return {
        **dict.fromkeys(("models", "models show", "model", "rollback"), models),
        **dict.fromkeys(("controls", "controls explain", "control"), controls),
        "compliance": plain(names.frameworks, "its requirements and their evidence"),
        **dict.fromkeys(("view", "forget", "save", "findings forget", "findings save"), views),
        "theme": lambda: ((name, words) for name, (_, words) in THEMES.items()),
        "ctx": gateway.about.contexts.items,
        "pillar": lambda: ((pillar.value, f"pillar {pillar.number}") for pillar in Pillar),
    }


def _fields(gateway: GatewayApi) -> tuple[str, ...]:
    return tuple(each.name for each in gateway.query_fields)


def check(text: str, gateway: GatewayApi) -> str:
    """Return why a command line cannot be taken; empty when it can."""
    try:
        read(text, _fields(gateway))
    except Misspelt as wrong:
        return str(wrong)
    return ""


def run(app: Commanded, text: str) -> None:
    """Do what a command line says, or say why not."""
    try:
        given = read(text, _fields(app.gateway))
        if given is None:
            return
        if given.word.changes and not app.gateway.about.is_writable:
            app.tell(READ_ONLY, severity="warning")
        elif given.word.changes and app.is_locked:
            app.tell(LOCKED, severity="warning")
        else:
            ACTS[given.word.word](app, given)
    except Misspelt as wrong:
        app.mend_command(text, str(wrong))
