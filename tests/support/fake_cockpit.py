"""The cockpit over a fixed gateway, as a program: `python -m support.fake_cockpit [WORLD]`."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from riskcockpit.cli.cockpit import guard_terminal
from riskcockpit.tui.launch import run_gateway
from support import fake_gateway


def main(world: str = "ordinary") -> int:
    """Open one of the worlds, guarded as the command is."""
    guard_terminal()
    gateways: dict[str, Callable[[], fake_gateway.FakeGateway]] = {
        "ordinary": fake_gateway.FakeGateway,
        "hostile": fake_gateway.hostile,
        "empty": fake_gateway.empty,
        "large": lambda: fake_gateway.FakeGateway(total=1_000_000),
        "stuck": lambda: fake_gateway.FakeGateway(gate=threading.Event()),
        "editing": lambda: fake_gateway.FakeGateway(checkout=Path(os.environ["CHECKOUT"])),
        "broken": lambda: fake_gateway.FakeGateway(failure=ValueError("a bug")),
    }
    return run_gateway(gateways[world]())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
