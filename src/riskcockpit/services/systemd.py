"""Telling systemd how a service does, over the socket it names; without one nothing is told."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

_PATIENCE_SECONDS = 0.2
"""How long a message waits for a listener that is busy; nothing waits for one that is gone."""
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Systemd:
    """The notification socket of this process; see sd_notify(3)."""

    address: str = ""
    """A path, or a name in the abstract space that starts with `@`; empty: nobody listens."""
    watchdog_seconds: float = 0.0
    """After so long without a sign of life the service is killed; 0: never."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Systemd:
        """Read what systemd told this process."""
        env = os.environ if environ is None else environ
        pid, span = env.get("WATCHDOG_PID", ""), env.get("WATCHDOG_USEC", "")
        is_ours = not pid or pid == str(os.getpid())
        seconds = int(span) / _MICROSECONDS if is_ours and span.isdecimal() else 0.0
        return cls(env.get("NOTIFY_SOCKET", ""), seconds)

    def ready(self, status: str) -> None:
        """Say that the service has started."""
        self._tell("READY=1", f"STATUS={status}")

    def alive(self, status: str) -> None:
        """Say that the service lives."""
        self._tell("WATCHDOG=1", f"STATUS={status}")

    def stopping(self) -> None:
        """Say that the service ends by itself."""
        self._tell("STOPPING=1")

    def _tell(self, *lines: str) -> None:
        if not self.address:
            return
        place = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out,
        ):
            out.settimeout(_PATIENCE_SECONDS)
            out.sendto("\n".join(line.replace("\n", " ") for line in lines).encode(), place)
