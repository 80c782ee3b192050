"""The bank in a box: simulators, a home, ninety days lived through, then the cockpit over it."""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from riskcockpit.config.paths import make_private
from riskcockpit.demo.clock import ReplayClock
from riskcockpit.demo.dice import Dice
from riskcockpit.demo.home import make_home
from riskcockpit.demo.replay import Replay
from riskcockpit.demo.servers import UpstreamSystems
from riskcockpit.demo.world import World
from riskcockpit.domain.clock import Clock
from riskcockpit.errors import InputError, RiskcockpitError
from riskcockpit.services.context import Context, SystemClock
from riskcockpit.services.ending import ended_by_signals
from riskcockpit.services.posture import posture
from riskcockpit.services.watching import Watch
from riskcockpit.views.automation import WatchEvent
from riskcockpit.views.posture import PostureView

_log = logging.getLogger(__name__)
Progress = Callable[[str], None]
OpenCockpit = Callable[[Context], int]
REFRESH_SECONDS = 5.0
"""How often the demo syncs while somebody watches."""
_SETTLE_SECONDS = (0.5, 3.0)
"""After a move of an alias: when to look again."""


@dataclass(frozen=True, slots=True)
class DemoResult:
    """How a demo ended."""

    posture: PostureView | None
    """The overview when there was no cockpit to show it; None otherwise."""
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Bank:
    """A running demo: the context of its home and the systems behind it."""

    ctx: Context
    systems: UpstreamSystems
    clock: ReplayClock


def run_demo(
    *,
    keep: Path | None,
    headless: bool,
    still: bool,
    seed: int,
    open_cockpit: OpenCockpit | None,
    progress: Progress,
) -> DemoResult:
    """Run the demo to its end. Leaves nothing behind but `keep`, a directory that must be new.

    Without a cockpit, or `headless`, the story stands at its alarm and the overview is returned.

    Raises:
        InputError: `keep` is there already and holds something.
        RiskcockpitError: the bank cannot be set up.
    """
    is_watched = open_cockpit is not None and not headless
    with ended_by_signals(), running_bank(
        SystemClock(), seed, still=still or not is_watched, keep=keep, progress=progress
    ) as bank:  # fmt: skip
        if open_cockpit is None or headless:
            return DemoResult(posture(bank.ctx))
        with _refreshed(bank, still=still):
            return DemoResult(None, open_cockpit(bank.ctx))


@contextmanager
def running_bank(
    real: Clock, seed: int, *, still: bool, keep: Path | None = None, progress: Progress
) -> Iterator[Bank]:
    """Run a bank whose history is lived through; stop its servers and remove its home at the end.

    With a clock that stands still everything about it is the same each time but its keys and ports.

    Raises:
        InputError: `keep` is there already and holds something.
    """
    with ExitStack() as stack:
        home = _home(keep, stack)
        clock = ReplayClock(real)
        start = clock.now()
        progress("opening the bank")
        systems = stack.enter_context(UpstreamSystems(clock, seed, still=still))
        paths = make_home(home, systems.addresses)
        ctx = Context.open(paths, clock)
        documents = World(Dice(seed), start).documents()
        Replay(ctx, clock, start, progress).live(documents)
        systems.changed.clear()
        clock.release()
        systems.story.begin(clock.now().timestamp())
        yield Bank(ctx, systems, clock)


def _home(keep: Path | None, stack: ExitStack) -> Path:
    if keep is None:
        home = Path(tempfile.mkdtemp(prefix="riskcockpit-demo-")).resolve()
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        return home
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise InputError(
            f"cannot keep the demo in {keep}: it is there already",
            hint="remove it, or start the demo from another directory",
        )
    return make_private(keep.resolve())


@contextmanager
def _refreshed(bank: Bank, *, still: bool) -> Iterator[None]:
    """Sync in a thread of its own until the block ends."""
    stopping = threading.Event()
    loop = _follow_changes if still else _follow_time
    thread = threading.Thread(target=loop, args=(bank, stopping), name="demo-sync", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        bank.systems.changed.set()
        thread.join()


def _follow_time(bank: Bank, stopping: threading.Event) -> None:
    while not stopping.wait(REFRESH_SECONDS):
        _look(bank)


def _follow_changes(bank: Bank, stopping: threading.Event) -> None:
    """Look only after somebody changed something: a still bank stays as it is by itself."""
    while bank.systems.changed.wait() and not stopping.is_set():
        bank.systems.changed.clear()
        for seconds in _SETTLE_SECONDS:
            if stopping.wait(seconds):
                return
            _look(bank)


def _look(bank: Bank) -> None:
    """Watch over the live systems for one cycle, by the rules that ship; a busy cache waits."""
    try:
        Watch(bank.ctx, _told).run(is_once=True)
    except RiskcockpitError as error:
        _log.warning("the demo's sync failed: %s", error.message)


def _told(event: WatchEvent) -> None:
    _log.info("%s %s: %s", event.kind, event.subject, event.detail)
