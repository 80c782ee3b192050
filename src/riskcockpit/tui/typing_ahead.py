"""Keys in the order they were typed: each acts when the one before has had its effect.

Textual hands a key to the widget that has the focus now, while the key before may still be on its
way through the screen: what follows `enter`, or a key that opens a bar, would land in the old
place. Here it waits until the queues between the focus and the app are empty. Never blocks the
event loop, and drops nothing by itself.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator

from textual import events
from textual.app import App
from textual.dom import DOMNode

_MOST_ROUNDS = 20
"""Rounds after which a key is taken to have acted, though something never comes to rest."""
TYPING_SECONDS = 1.0
"""How long after a key somebody is taken to be typing on."""
_MOVES = frozenset(("j", "k", "g", "G", "space"))
"""Letters that are typed to move about, right before a key that means something."""
_ENDS = ("enter", "escape")
_LOST_SECONDS = 0.03
"""How long a round may take before it counts as lost with a widget that has gone."""


class TypingAhead(App[int]):
    """An app that lets no key overtake the effect of another."""

    def __init__(self) -> None:
        super().__init__()
        self._typed_ahead: deque[events.Key | events.Paste] = deque()
        self._round = 0
        """Number of the round that looks whether the last key has acted."""
        self._rounds_left = 0
        """0: it has."""
        self._round_began = 0.0
        self._lookout: asyncio.TimerHandle | None = None
        self._typed_at = float("-inf")
        """When a key was last typed that was lost, or a letter right before the newest key."""
        self._letter_at = float("-inf")
        """When the newest key was typed, if it is a letter."""

    @property
    def is_typing_held(self) -> bool:
        """Whether what is typed has to wait for something else than the key before."""
        return False

    async def on_event(self, event: events.Event) -> None:
        """Let a key wait for the one before; everything else passes."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self.keep_typed(event)
            if not self._rounds_left:
                await self._act()
        else:
            await super().on_event(event)

    def keep_typed(self, event: events.Key | events.Paste) -> None:
        """Let a key act when those before it have."""
        self._typed_ahead.append(event)
        self._note_letter(event)
        if self._rounds_left and self._lookout is None:
            self._look()

    def forget_typed(self) -> None:
        """Let the keys that wait never act."""
        if self._typed_ahead:
            self.note_lost()
        self._typed_ahead.clear()

    def note_lost(self) -> None:
        """Remember that a key was typed now that acts on nothing."""
        self._typed_at = time.monotonic()

    def is_typing_on(self) -> bool:
        """Return whether keys of somebody who types a text came within the last second.

        The newest key is not one of them: it called for what asks. Enter and esc end a text.
        """
        return time.monotonic() - self._typed_at < TYPING_SECONDS

    def _note_letter(self, event: events.Key | events.Paste) -> None:
        """Remember the newest letter; the one before it counts as text once another key comes."""
        if isinstance(event, events.Key) and event.key in _ENDS:
            self._typed_at = float("-inf")
        else:
            self._typed_at = max(self._typed_at, self._letter_at)
        is_text = isinstance(event, events.Key) and event.is_printable and event.key not in _MOVES
        self._letter_at = time.monotonic() if is_text else float("-inf")

    def act_on_typed(self) -> None:
        """Let the keys that wait act, once what goes on now has had its effect."""
        self._rounds_left = _MOST_ROUNDS
        self._begin_round()

    async def _act(self) -> None:
        if self._typed_ahead and not self.is_typing_held:
            await super().on_event(self._typed_ahead.popleft())
            self.act_on_typed()

    # rounds: from the app to the focus and, as messages bubble, back to the app

    def _begin_round(self) -> None:
        self._round += 1
        self._round_began = asyncio.get_running_loop().time()
        target: DOMNode = self.focused or self.screen
        self._go_on(self._round, target, iter((self, *target.ancestors_with_self)))

    def _go_on(self, number: int, target: DOMNode, route: Iterator[DOMNode]) -> None:
        """Come by at the next node behind all that waits there."""
        if number != self._round:
            return
        for node in route:
            if node.call_later(self._go_on, number, target, route):
                return
        self.call_later(self._end_round, number, target)

    async def _end_round(self, number: int, target: DOMNode) -> None:
        if number != self._round:
            return
        route = target.ancestors_with_self
        is_quiet = target is (self.focused or self.screen) and not any(
            node.message_queue_size for node in route
        )
        self._rounds_left = 0 if is_quiet else self._rounds_left - 1
        if self._rounds_left:
            self._begin_round()
        else:
            await self._act()

    def _look(self) -> None:
        """Begin a new round when the one under way is lost."""
        self._lookout = None
        if not self._rounds_left or not self.screen_stack:
            return
        loop = asyncio.get_running_loop()
        if loop.time() - self._round_began > _LOST_SECONDS:
            self._begin_round()
        self._lookout = loop.call_later(_LOST_SECONDS, self._look)
