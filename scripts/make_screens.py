"""Draw every screen of the cockpit over the demo bank: the pictures of `docs/screens`.

    python scripts/make_screens.py [--size 120x36]... [--out docs/screens] [NAME...]

The bank is the demo's with a clock that stands still, so a picture changes only when the cockpit
does; hashes, made of new keys each time, are the exception. With more than one size the size
becomes part of the name.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src")]

from textual.pilot import Pilot  # noqa: E402 - after the path is set

from riskcockpit.demo.run import running_bank  # noqa: E402 - as above
from riskcockpit.services.context import Context  # noqa: E402 - as above
from riskcockpit.tui.api import About  # noqa: E402 - as above
from riskcockpit.tui.app import Cockpit  # noqa: E402 - as above
from riskcockpit.tui.gateway import Gateway  # noqa: E402 - as above
from riskcockpit.tui.modals.confirm import ASTRAY_SECONDS  # noqa: E402 - as above

START = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
SCREENS: dict[str, tuple[str, ...]] = {
    "overview": (),
    "pillar": ("2",),
    "findings": ("f",),
    "finding": ("f", "enter"),
    "models": ("m",),
    "model": ("m", "enter"),
    "compliance": ("c",),
    "deployments": ("D",),
    "deployment": ("D", "enter"),
    "incidents": ("i",),
    "incident": ("i", "enter"),
    "requests": ("R",),
    "waivers": ("W",),
    "alerts": ("b",),
    "exposure": ("x",),
    "ledger": ("l",),
    "sources": ("S",),
    "settings": ("comma",),
    "actions": ("@",),
    "waiver": ("W", "j", "enter"),
    "alert": ("b", "enter"),
    "help": ("f", "question_mark"),
    "break-down": ("f", "B", *["tab"] * 5),
    "roll-back": ("m", "r"),
    "waive": (
        "f", "j", "w", *"fenced", "shift+tab", "enter", "down", "enter", "tab", "enter", "enter",
    ),
}  # fmt: skip
"""Name of a picture → the keys that lead there from the overview."""
_FONT = re.compile(r"@font-face \{.*?\}", re.DOTALL)


class Anywhere(Gateway):
    """Says nothing of the machine the pictures are drawn on."""

    @property
    def about(self) -> About:
        """Who and where, in a home of the usual place."""
        return replace(super().about, file="~/.config/riskcockpit/riskcockpit.yaml")


class StandingClock:
    """A clock that shows what it was set to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return it."""
        return self.at


async def settled(pilot: Pilot[int]) -> None:
    """Wait until every question is answered and drawn."""
    for _ in range(3):
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
    await pilot.pause(0.3)


async def draw(ctx: Context, keys: tuple[str, ...], size: tuple[int, int]) -> str:
    """Return what is seen after `keys`, as SVG without fonts from elsewhere."""
    app = Cockpit(Anywhere(ctx))
    async with app.run_test(size=size, notifications=True) as pilot:
        await settled(pilot)
        for key in keys:
            await pilot.press(key)
            await settled(pilot)
        await pilot.pause(ASTRAY_SECONDS)  # a preview asks when no key was typed for a while
        picture = app.export_screenshot(title=" ")
    return re.sub(r"terminal-\d+", "cockpit", _FONT.sub("", picture))


def main() -> int:
    """Draw the pictures that are wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", action="append", help="columns x rows, as 120x36")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screens")
    parser.add_argument("names", nargs="*", choices=[*SCREENS, []])
    options = parser.parse_args()
    sizes = [tuple(map(int, each.split("x"))) for each in options.size or ["120x36"]]
    options.out.mkdir(parents=True, exist_ok=True)
    clock = StandingClock(START)
    os.uname = lambda: SimpleNamespace(nodename="bastion")  # type: ignore[assignment, return-value]
    with running_bank(clock, 7, still=True, progress=lambda _: None) as bank:
        ctx = replace(bank.ctx, host="bastion")
        for name in options.names or SCREENS:
            for columns, rows in sizes:
                more = f"-{columns}x{rows}" if len(sizes) > 1 else ""
                picture = asyncio.run(draw(ctx, SCREENS[name], (columns, rows)))
                (options.out / f"{name}{more}.svg").write_text(picture, encoding="utf-8")
                print(f"{name}{more}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
