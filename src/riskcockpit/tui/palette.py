"""What the palette finds: keys of the view that is seen, commands, and names that exist."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.tui.bindings import KEYS
from riskcockpit.tui.commands import completions, offered
from riskcockpit.tui.host import Host

_LEAST_SCORE = 0.01
"""Behind whatever else fits."""


class CockpitCommands(Provider):
    """Keys and commands, by their words."""

    def _entries(self) -> list[tuple[str, str, Callable[[], None]]]:
        host = cast("Host", self.app)
        active = {each.binding.id for each in self.screen.active_bindings.values() if each.enabled}
        keys = [key for key in KEYS if key.id in active]
        entries: list[tuple[str, str, Callable[[], None]]] = [
            (key.words, f"key {key.read_in(host.keymap)[0]}", partial(host.press, key.action))
            for key in keys
        ]
        entries += [
            (f":{each.shown}", each.words, partial(self._begin, each.word, each.usage))
            for each in offered(is_locked=host.is_locked)
            if not each.is_in_shell
        ]
        entries += [
            (command.text, command.words, partial(host.run_command, command.text))
            for word in ("view ", "models ", "control ", "compliance ", "theme ", "ctx ")
            for command in completions(word, host, host.names)
        ]
        return entries

    def _begin(self, word: str, usage: str) -> None:
        """Do what a word says, or let be typed what it needs."""
        host = cast("Host", self.app)
        if usage and not usage.startswith("["):
            host.open_command_line(f"{word} ")
        else:
            host.run_command(word)

    async def startup(self) -> None:
        """Read the names that exist now; they are here by the time somebody has typed one."""
        cast("Host", self.app).ask_names()

    async def discover(self) -> Hits:
        """Yield everything."""
        for words, help_, act in self._entries():
            yield DiscoveryHit(words, act, help=help_)

    async def search(self, query: str) -> Hits:
        """Yield what fits, and last the findings that hold these words."""
        matcher = self.matcher(query)
        for words, help_, act in (*self._entries(), *self._values()):
            score = matcher.match(words)
            if score > 0:
                yield Hit(score, matcher.highlight(words), act, help=help_)
        host = cast("Host", self.app)
        typed = clean_line(query).strip()
        if typed and '"' not in typed:
            command = f'findings "{typed}"' if " " in typed else f"findings {typed}"
            yield Hit(_LEAST_SCORE, command, partial(host.run_command, command),
                      help="the findings that hold these words")  # fmt: skip

    def _values(self) -> list[tuple[str, str, Callable[[], None]]]:
        """Return the lists of findings that have one value of a field."""
        host = cast("Host", self.app)
        return [
            (f"findings {field.name}:{value}", field.meaning,
             partial(host.run_command, f"findings {field.name}:{value}"))
            for field in host.gateway.query_fields
            for value in field.values
        ]  # fmt: skip
