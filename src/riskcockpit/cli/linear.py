"""`tui --plain`: the cockpit as lines, for screen readers and for terminals that cannot draw.

It prints what needs a person as numbered lines and waits for words. The words are those of the
command line itself, so that everything the cockpit can do can be done here; nothing is drawn, moved
or coloured, and every state is a word.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from riskcockpit.cli.diagnostics import ask, report, say
from riskcockpit.cli.output import line, lines
from riskcockpit.errors import InputError, RiskcockpitError
from riskcockpit.present.text import age, limit, measure, money, plural, until

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.services.context import Context
    from riskcockpit.views.posture import KpiView, PillarView, PostureView, QueueItem

Run = Callable[[list[str]], None]
"""Runs one command of the command line."""
_HELP = """Words:
  status            pillars, what needs you, money at risk
  next              the first thing that needs you, in full
  pillar NUMBER     a pillar with all its KPIs, and the words for what is behind it
  exposure          money at risk, and which pillars it is in
  NUMBER            one thing that needs you, in full; it says what can be done
  NUMBER KEY        do it: 1 r rolls back, 1 a approves, 1 x rejects, 1 w waives, 1 n notes
  help              this
  quit              leave
Every command of riskcockpit works here too, as: findings list severity>=high, models list,
compliance dora, controls explain ID, ledger verify. COMMAND --help says more. The words of the
cockpit do as well: findings severity>=high, finding ID, models NAME, incidents, verify."""


def open_linear(ctx: Context, run: Run) -> None:
    """Read words and do what they say, until `quit` or the end of the input."""
    from riskcockpit.services.posture import posture

    def current() -> PostureView:
        return posture(ctx)

    _status(current(), ctx.clock.now())
    line("Type help for the words, quit to leave.")
    for words in _typed():
        if words[0] in ("quit", "q", "exit"):
            return
        try:
            _do(words, current, ctx.clock.now(), run)
        except RiskcockpitError as error:
            report(error, is_verbose=False)


def _typed() -> Iterator[list[str]]:
    while True:
        try:
            words = shlex.split(ask("> "))
        except InputError:  # the input has ended
            return
        except ValueError as error:
            say(f"cannot read that: {error}")
            continue
        if words:
            yield words


def _do(words: list[str], current: Callable[[], PostureView], now: datetime, run: Run) -> None:
    word = words[0].removeprefix(":")
    if word == "help":
        lines(_HELP)
    elif word in ("status", "overview") and len(words) == 1:
        _status(current(), now)
    elif word == "pillar" and words[1:]:
        _whole_pillar(current(), words[1])
    elif word == "exposure" and len(words) == 1:
        _exposure(current())
    elif word == "next" or word.isdecimal():
        _item(current().queue, 1 if word == "next" else int(word), words[1:], now, run)
    else:
        run([word, *words[1:]])


def _status(view: PostureView, now: datetime) -> None:
    where = "production" if view.is_production else "not production"
    line(f"Overview of {view.context}, {where}.")
    for pillar in view.pillars:
        line(_pillar(pillar))
    line(_at_risk(view))
    for source in view.sources:
        if source.state not in ("ok", "never"):
            said = f": {source.message}" if source.message else ""
            line(f"Source {source.name} {source.state}{said}.")
    if not view.ledger.is_ok:
        line(f"The ledger does not verify: {view.ledger.message}.")
    line(
        f"{plural(len(view.queue), 'thing')} need you now:" if view.queue else "Nothing needs you."
    )
    for number, item in enumerate(view.queue, 1):
        line(f"{number}. {_short(item, now)}")


def _pillar(view: PillarView) -> str:
    words = (
        f"Pillar {view.pillar.number}, {view.pillar.label}: {view.state.value.replace('_', ' ')}"
    )
    if view.reason:
        words += f", {_in_words(view.reason)}"
    if view.kpis:
        words += f". {_kpi(view.kpis[0])}"
    return f"{words}. At risk {money(view.at_risk)}, {plural(view.open_findings, 'open finding')}."


def _kpi(kpi: KpiView) -> str:
    value = "has no value" if kpi.value is None else measure(kpi.value, kpi.unit)
    target = limit(kpi.target, kpi.unit, kpi.direction)
    return f"{kpi.title} {value}" + (f", target {_in_words(target)}" if target else "")


def _in_words(text: str) -> str:
    return text.replace("≥", "at least").replace("≤", "at most")


def _at_risk(view: PostureView) -> str:
    exposure = view.exposure
    where = "over" if exposure.mean > exposure.appetite else "within"
    return (
        f"Money at risk in 12 months: mean {money(exposure.mean)}, appetite "
        f"{money(exposure.appetite)}, {where} the appetite."
    )


def _whole_pillar(view: PostureView, number: str) -> None:
    found = next((each for each in view.pillars if str(each.pillar.number) == number), None)
    if found is None:
        say(f"there is no pillar {number}; they are 1 to {len(view.pillars)}")
        return
    line(_pillar(found))
    for kpi in found.kpis:
        line(f"{kpi.state.value.replace('_', ' ')}: {_kpi(kpi)}.")
    line(f"{found.failing_controls} of {plural(found.controls, 'control')} fail.")
    line(f"Its findings: findings pillar:{found.pillar.value}. Its controls: controls list.")


def _exposure(view: PostureView) -> None:
    line(_at_risk(view))
    for pillar in view.pillars:
        line(f"Pillar {pillar.pillar.number}, {pillar.pillar.label}: {money(pillar.at_risk)}.")


def _short(item: QueueItem, now: datetime) -> str:
    risk = f", at risk {money(item.at_risk)}" if item.at_risk is not None else ""
    due = f", due {until(item.due_at, now)}" if item.due_at is not None else ""
    return f"{item.state.value}: {item.title}: {item.detail}{risk}{due}."


_DEEDS = {
    "r": "roll back",
    "a": "approve",
    "x": "reject",
    "w": "waive",
    "n": "note",
    "enter": "list",
}


def _item(
    queue: tuple[QueueItem, ...], number: int, keys: list[str], now: datetime, run: Run
) -> None:
    if not 1 <= number <= len(queue):
        say(f"there is no number {number}; {plural(len(queue), 'thing')} need you")
        return
    item = queue[number - 1]
    if keys:
        _act(item, keys[0].lower(), run)
        return
    line(f"{number}. {_short(item, now)}")
    line(f"Since {age(item.since, now)}. About {item.query or item.subject or 'nothing else'}.")
    deeds = [key.lower() for key in item.keys if key.lower() in _DEEDS]
    for key in deeds:
        word = "l" if key == "enter" else key
        line(f"{number} {word}: {_DEEDS[key]}")
    if not deeds:
        line("Nothing can be done about it here.")


def _act(item: QueueItem, key: str, run: Run) -> None:
    known = {each.lower() for each in item.keys}
    if key == "l" and item.query:
        run(["findings", "list", item.query])
    elif key not in known:
        say(
            f"{key} does nothing about {item.title}; it takes {' '.join(sorted(known)) or 'no key'}"
        )
    elif key == "r":
        run(["rollback", item.subject])
    elif key == "a":
        run(["findings", "release", item.subject] if item.kind == "import_held"
            else ["approve", item.subject])  # fmt: skip
    elif key == "x":
        run(["reject", item.subject, "--comment", ask("Why is it rejected? ")])
    elif key == "n":
        run(["note", item.subject, ask("Note: ")])
    elif key == "w":
        _waive(item, run)


def _waive(item: QueueItem, run: Run) -> None:
    reason = ask("Reason (risk_accepted, false_positive, compensating_control, deferred): ")
    why = ask("Why may the bank live with it? ")
    expires = ask("When does it end, as 30d or 2027-01-31? ")
    about = item.query or item.subject
    run(["waive", about, "--reason", reason, "--justification", why, "--expires", expires])
