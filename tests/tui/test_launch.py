"""Before Textual is imported: the environment is scrubbed, the terminal is looked at."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from riskcockpit.cli.app import app
from riskcockpit.config.paths import Paths
from riskcockpit.demo.run import DemoResult
from riskcockpit.errors import InputError
from riskcockpit.services.context import Context
from riskcockpit.tui import launch
from riskcockpit.tui.api import GatewayApi
from support.pty import Screen, cockpit

ROOT = Path(__file__).resolve().parents[2]
PATH = os.pathsep.join((str(ROOT / "src"), str(ROOT / "tests")))


def test_only_harmless_variables_of_textual_stay() -> None:
    environ = {
        "TEXTUAL_DRIVER": "evil:Driver",
        "TEXTUAL_PRESS": "r,y",
        "TEXTUAL_LOG": "/tmp/x",
        "TEXTUAL_SCREENSHOT": "1",
        "TEXTUAL_THEME": "nord",
        "HOME": "/home/eng",
    }
    launch.scrub(environ)
    assert environ == {"TEXTUAL_THEME": "nord", "HOME": "/home/eng"}


def test_animations_are_off_over_ssh_unless_asked_for() -> None:
    far = {"SSH_CONNECTION": "1 2 3 4"}
    launch.scrub(far)
    assert far["TEXTUAL_ANIMATIONS"] == "none"
    wanted = {"SSH_CONNECTION": "1 2 3 4", "TEXTUAL_ANIMATIONS": "full"}
    launch.scrub(wanted)
    assert wanted["TEXTUAL_ANIMATIONS"] == "full"


def test_a_pipe_is_refused_with_the_command_line_as_a_hint() -> None:
    code = "from riskcockpit.tui.launch import check_terminal as c; import os; c(os.environ)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": PATH, "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert b"needs a terminal: standard input is none" in done.stderr


@pytest.mark.parametrize("terminal", ["", "dumb"])
def test_a_terminal_that_cannot_be_drawn_on_is_refused(
    terminal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for stream in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(getattr(sys, stream), "isatty", lambda: True, raising=False)
    with pytest.raises(InputError, match="cannot draw") as caught:
        launch.check_terminal({"TERM": terminal})
    assert "riskcockpit status" in (caught.value.hint or "")


def test_importing_the_door_imports_neither_textual_nor_services() -> None:
    code = (
        "import riskcockpit.tui.launch, sys;"
        "print([m for m in ('textual','duckdb','httpx','rich') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": PATH}, capture_output=True, check=True
    )
    assert done.stdout.strip() == b"[]"


def test_the_first_frame_imports_no_database_and_no_http() -> None:
    code = (
        "import riskcockpit.tui.app, riskcockpit.tui.gateway, sys;"
        "heavy = ('duckdb', 'httpx', 'pyarrow', 'lark', 'yaml', 'riskcockpit.services.posture',"
        " 'riskcockpit.tui.modals.confirm', 'riskcockpit.tui.screens.findings');"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": PATH}, capture_output=True, check=True
    )
    assert done.stdout.strip() == b"[]"


def test_a_context_that_is_switched_to_is_opened_when_the_first_is_closed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "config").mkdir(parents=True)
        settings = tmp_path / name / "config" / "riskcockpit.yaml"
        settings.write_text(f"context: {{name: {name}}}\n", encoding="utf-8")
    order: list[str] = []
    homes = [str(tmp_path / "two"), ""]

    def opened(gateway: GatewayApi, _: object, **__: bool) -> tuple[int, str]:
        order.append(f"open {gateway.about.context}")
        return len(homes), homes.pop(0)

    monkeypatch.setattr(launch, "check_terminal", lambda _: None)
    monkeypatch.setattr(launch, "_opened", opened)
    first = Context.open(Paths.under(tmp_path / "one"))
    code = launch.run(first, closed=lambda ctx: order.append(f"close {ctx.settings.context.name}"))
    assert code == 1
    assert order == ["open one", "close one", "open two", "close two"]


def test_every_context_stays_known_and_leads_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A home whose parts lie apart is left for one of its name, and that for a third."""
    apart = Paths(*(tmp_path / name for name in ("etc", "cache", "share", "state")))
    two, three = str(tmp_path / "two"), str(tmp_path / "three")
    texts = {
        apart.settings: f"context: {{name: bank}}\ncockpit:\n  contexts: {{two: {two}}}\n",
        Paths.under(Path(two)).settings: f"context: {{name: bank}}\ncockpit:\n"
        f"  contexts: {{third: {three}}}\n",
        Paths.under(Path(three)).settings: "context: {name: three}\n",
    }
    for file, text in texts.items():
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
    seen: list[tuple[str, list[str]]] = []
    ways = ["two", "third", "bank", "back", ""]

    def opened(gateway: GatewayApi, _: object, **__: bool) -> tuple[int, str]:
        about, way = gateway.about, ways.pop(0)
        seen.append((about.file, sorted(about.contexts)))
        if way:
            gateway.check_home(about.contexts[way])
        return 0, about.contexts[way] if way else ""

    monkeypatch.setattr(launch, "check_terminal", lambda _: None)
    monkeypatch.setattr(launch, "_opened", opened)
    launch.run(Context.open(apart))
    first, second, third = map(str, texts)
    assert seen == [
        (first, ["two"]),
        (second, ["back", "third"]),
        (third, ["back", "bank"]),
        (second, ["back", "third"]),
        (first, ["two"]),
    ]


def test_keys_in_the_environment_press_nothing() -> None:
    program = [sys.executable, "-m", "support.fake_cockpit"]
    env = {"PYTHONPATH": PATH, "TEXTUAL_PRESS": "q", "TEXTUAL_DRIVER": "no.such:Driver"}
    with Screen(program, env=env) as screen:
        screen.wait_for("Needs you now")
        screen.read()
        assert screen.process.poll() is None
        screen.press("q")
        assert screen.end() == 0


def test_an_idle_cockpit_writes_nothing_and_sleeps_but_for_its_pulse() -> None:
    with cockpit() as screen:
        screen.wait_for("Needs you now")
        screen.read(quiet_seconds=1.0)
        before = switches(screen.guarded)
        assert screen.read(quiet_seconds=2.5, most_seconds=2.5) == b""
        after = switches(screen.guarded)
        assert len([thread for thread in after if after[thread] != before.get(thread)]) <= 1
        screen.press("q")
        assert screen.end() == 0
        assert screen.modes_left_on() == []


def switches(process: int) -> dict[str, int]:
    """Return how often each thread of a process has gone to sleep (Linux)."""
    found = {}
    for status in Path(f"/proc/{process}/task").glob("*/status"):
        text = status.read_text(encoding="ascii")
        found[status.parent.name] = int(text.split("\nvoluntary_ctxt_switches:")[1].split()[0])
    return found


@pytest.mark.parametrize("command", ["tui", "demo"])
@pytest.mark.parametrize("is_before", [True, False])
def test_how_the_cockpit_is_drawn_may_be_said_before_the_command_and_after_it(
    command: str, is_before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[bool, bool]] = []

    def opened(*_: object, is_ascii: bool, mouse: bool, **__: object) -> int:
        drawn.append((is_ascii, mouse))
        return 0

    def run_demo(*, open_cockpit: Callable[[object], int], **_: object) -> DemoResult:
        return DemoResult(None, open_cockpit(None))

    for stream in ("stdin", "stdout"):
        monkeypatch.setattr(getattr(sys, stream), "isatty", lambda: True, raising=False)
    monkeypatch.setattr("riskcockpit.cli.cockpit.guard_terminal", lambda: None)
    monkeypatch.setattr("riskcockpit.cli.cockpit.open_here", opened)
    monkeypatch.setattr("riskcockpit.cli.cockpit.open_cockpit", opened)
    monkeypatch.setattr("riskcockpit.demo.run.run_demo", run_demo)
    wanted = ["--ascii", "--no-mouse"]
    for options in (wanted, []):
        words = [*options, command] if is_before else [command, *options]
        typer.main.get_command(app).main(args=words, standalone_mode=False)
    assert drawn == [(True, False), (False, True)]
