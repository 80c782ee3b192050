"""`tui --plain`: the cockpit as lines, for screen readers and for terminals that cannot draw.

It prints what needs a person as numbered lines and waits for words. The words are those of the
command line itself, so that everything the cockpit can do can be done here; nothing is drawn, moved
or coloured, every state is a word, and lists are said a page at a time.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from riskcockpit.cli import linear_pages as pages
from riskcockpit.cli.diagnostics import ask, report, say
from riskcockpit.cli.linear_asking import answered, renewal_words, waiver_words
from riskcockpit.cli.output import line, lines, say_more, say_what_is_left
from riskcockpit.cli.speech import Speech
from riskcockpit.errors import InputError, RiskcockpitError
from riskcockpit.present.text import age, plural, stamp

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.services.context import Context
    from riskcockpit.views.posture import PostureView, QueueItem

Run = Callable[[list[str]], None]
"""Runs one command of the command line."""
_HELP = """status: pillars, what needs you, money at risk.
next: the first thing that needs you, in full.
NUMBER: one thing that needs you, in full; it says what can be done.
NUMBER KEY: do it. 1 r rolls back, 1 a approves, 1 x rejects, 1 w waives, 1 n notes, 1 l lists,\
 1 renew renews.
more: what of a list was not said yet.
pillar NUMBER: a pillar with all its KPIs, and the words for what is behind it.
exposure: money at risk, and which pillars it is in.
help: this. quit: leave.
Every command of riskcockpit works here too, as: findings list severity>=high, models list, \
compliance dora, controls explain ID, ledger verify. COMMAND --help says more.
The words of the cockpit do as well: findings severity>=high, finding ID, models NAME, incidents, \
verify.
Of hashes the first ten digits are said, enough for every command; --json has them whole."""
_OWN = ("status", "overview", "next", "more", "pillar", "exposure", "help", "quit")
_PROGRAM = "riskcockpit"


def open_linear(ctx: Context, speech: Speech, run: Run, known: Collection[str]) -> None:
    """Read words and do what they say, until `quit` or the end of the input.

    `known` are the first words of all commands.
    """
    from riskcockpit.services.posture import posture

    session = Session(ctx, lambda: posture(ctx), speech, run, known)
    line("Type help for the words, quit to leave.")
    session.do(["status"])
    for words in _typed():
        if words[0] in ("quit", "q", "exit"):
            return
        session.do(words)


def _typed() -> Iterator[list[str]]:
    while True:
        try:
            words = shlex.split(ask("> "))
        except InputError:  # the input has ended
            return
        except ValueError as error:
            say(f"cannot read that: {error}")
            continue
        if words[:1] == [_PROGRAM]:
            words = words[1:]
        if words:
            yield words


@dataclass(frozen=True, slots=True)
class Session:
    """One plain cockpit: what it is over, and the ways to the commands."""

    ctx: Context
    current: Callable[[], PostureView]
    """Reads the overview anew."""
    speech: Speech
    run: Run
    known: Collection[str]
    """The first words of all commands."""

    def do(self, words: list[str]) -> None:
        """Do what somebody typed; what is wrong with it is said."""
        word = words[0].removeprefix(":")
        if word == "more":
            say_more()
            return
        self.speech.begin()
        try:
            self._do(word, words[1:])
        except RiskcockpitError as error:
            report(error)
        say_what_is_left()

    def _do(self, word: str, rest: list[str]) -> None:
        if word == "help":
            lines(_HELP)
        elif word in ("status", "overview") and not rest:
            pages.status(self.current(), self.ctx.clock.now(), lock_words(self.ctx))
        elif word == "pillar" and rest:
            pages.whole_pillar(self.current(), rest[0])
        elif word == "exposure" and not rest:
            pages.exposure(self.current())
        elif word == "next" or word.isdecimal():
            self._item(1 if word == "next" else int(word), rest)
        elif word == "waive" and rest and not any(each.startswith("-") for each in rest):
            self._waive(" ".join(rest))
        elif word in self.known:
            self.run([word, *rest])
        else:
            near = get_close_matches(word, (*_OWN, *self.known), 1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise InputError(f"there is no word {word}", hint=f"{hint}help says all words")

    def _item(self, number: int, keys: list[str]) -> None:
        queue, now = self.current().queue, self.ctx.clock.now()
        if not 1 <= number <= len(queue):
            say(f"there is no number {number}; {plural(len(queue), 'thing')} need you")
            return
        item = queue[number - 1]
        if keys:
            is_renewal = keys[0] == "N" and "N" in item.keys  # as the cockpit has it
            self._act(item, "renew" if is_renewal else keys[0].lower())
            return
        line(f"Number {number}, {pages.short_item(item, now)}")
        line(f"Since {age(item.since, now)}. About {item.query or item.subject or 'nothing else'}.")
        deeds = [_DEEDS[key] for key in item.keys if key in _DEEDS]
        for word, what in deeds:
            line(f"{number} {word}: {what}.")
        if not deeds:
            line("Nothing can be done about it here.")

    def _act(self, item: QueueItem, key: str) -> None:
        known = {_DEEDS[each][0] for each in item.keys if each in _DEEDS}
        if key == "l" and item.query:
            self.run(["findings", "list", item.query])
        elif key not in known:
            takes = " ".join(sorted(known)) or "no key"
            say(f"{key} does nothing about {item.title}; it takes {takes}")
        else:
            self._decide(item, key)

    def _decide(self, item: QueueItem, key: str) -> None:
        """Ask what a decision still wants, then give it to the command, which previews it."""
        from riskcockpit.services.unlocking import refuse_locked

        refuse_locked(self.ctx)
        if key == "r":
            self.run(["rollback", item.subject])
        elif key == "a":
            is_held = item.kind == "import_held"
            self.run([*(["findings", "release"] if is_held else ["approve"]), item.subject])
        elif key == "x" and (why := answered("Why is it rejected?")) is not None:
            self.run(["reject", item.subject, "--comment", why])
        elif key == "n" and (text := answered("Note:")) is not None:
            self.run(["note", item.subject, text])
        elif key == "w":
            self._waive(item.query or item.subject)
        elif key == "renew" and (words := renewal_words(self.ctx, item.subject)) is not None:
            self.run(words)

    def _waive(self, what: str) -> None:
        from riskcockpit.services.unlocking import refuse_locked

        refuse_locked(self.ctx)
        words = waiver_words(self.ctx, what)
        if words is not None:
            self.run(words)


_DEEDS = {
    "r": ("r", "roll back"),
    "a": ("a", "approve"),
    "X": ("x", "reject"),
    "w": ("w", "waive"),
    "n": ("n", "note"),
    "N": ("renew", "renew the waiver"),
    "enter": ("l", "list"),
}
"""Key of the cockpit → what is typed here, and what it does; no two differ by a capital only."""


def lock_words(ctx: Context) -> str:
    """Return a sentence on the lock of production; empty outside it."""
    from riskcockpit.services.unlocking import unlocked_until

    context = ctx.settings.context
    if not context.production:
        return ""
    until = unlocked_until(ctx)
    if until is None:
        allows = f"unlock {context.name} allows them for {context.unlock_for}"
        return f"Decisions are locked: {allows}."
    return f"Decisions are unlocked until {stamp(until)}; lock ends it."
