"""The cockpit under a pilot: opened, and waited for until nothing is under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from textual.pilot import Pilot
from textual.strip import Strip

from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.modals.confirm import ConfirmDialog
from support.fake_gateway import FakeGateway

_LEFT_SECONDS = 1.0
_MOST_LOOKS = 200


async def settle(pilot: Pilot[int]) -> None:
    """Wait until all is drawn and asked, every worker has answered and every answer is drawn."""
    await pilot.pause()
    drawn = asyncio.Event()
    pilot.app.screen.call_after_refresh(drawn.set)
    with suppress(TimeoutError):  # a screen that is being left draws no more
        await asyncio.wait_for(drawn.wait(), _LEFT_SECONDS)
    while any(not worker.is_finished for worker in pilot.app.workers):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()


async def press(pilot: Pilot[int], *keys: str) -> None:
    """Press keys, each after the one before has had its effect."""
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


async def ready(pilot: Pilot[int]) -> None:
    """Wait until a dialog takes keys, or what else was waited for has come."""
    await settle(pilot)
    if not isinstance(pilot.app.screen, ConfirmDialog):
        await pilot.pause(0.4)
    for _ in range(_MOST_LOOKS):
        dialog = pilot.app.screen
        if not isinstance(dialog, ConfirmDialog) or dialog._is_ready:
            break
        await pilot.pause(0.05)
    await settle(pilot)


@asynccontextmanager
async def opened(
    gateway: FakeGateway | None = None,
    *keys: str,
    size: tuple[int, int] = (120, 30),
    is_ascii: bool = False,
) -> AsyncIterator[tuple[Cockpit, Pilot[int]]]:
    """Open the cockpit, press keys, give it over."""
    app = Cockpit(gateway or FakeGateway(), is_ascii=is_ascii)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await settle(pilot)
        await press(pilot, *keys)
        yield app, pilot


def strips(app: Cockpit) -> list[Strip]:
    """Return every line of the screen that is seen."""
    return app.screen._compositor.render_strips()


def seen(app: Cockpit) -> str:
    """Return every cell of the screen that is seen, as text."""
    return "\n".join("".join(segment.text for segment in strip) for strip in strips(app))
