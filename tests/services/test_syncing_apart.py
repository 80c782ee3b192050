"""A sync in a process of its own: over the same home, told in a sentence, left alone at the end."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Event

import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.errors import InputError, UnavailableError
from riskcockpit.services.context import Context
from riskcockpit.services.syncing_apart import sync_apart

SETTINGS = """
sources:
  - {name: reports, kind: files, options: {path: REPORTS}}
"""


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    """A home with one source of reports, and no report in it."""
    (tmp_path / "reports").mkdir()
    (tmp_path / "home" / "config").mkdir(parents=True)
    text = SETTINGS.replace("REPORTS", str(tmp_path / "reports"))
    (tmp_path / "home" / "config" / "riskcockpit.yaml").write_text(text, encoding="utf-8")
    return Context.open(Paths.under(tmp_path / "home"))


def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Let something else run in place of the command line."""
    file = tmp_path / "python"
    file.write_text("\n".join(("#!/bin/sh", *lines, "")), encoding="utf-8")
    file.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(file))


def test_it_pulls_into_the_home_of_the_cockpit(ctx: Context) -> None:
    assert ctx.store.generation() == 0
    assert sync_apart(ctx, ("reports",), Event()).startswith("the sync is done")
    assert ctx.store.generation() == 1


def test_it_names_home_and_sources_and_says_why_it_failed(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "warning: x\\nerror: the cache is \\033[31mfull\\nhint: make room\\n"
    asked = f'echo "$RISKCOCKPIT_HOME $@" > {tmp_path}/asked'
    program(tmp_path, monkeypatch, asked, f'printf "{told}" >&2', "exit 70")
    with pytest.raises(UnavailableError, match="the cache is") as caught:
        sync_apart(ctx, ("--full", "reports"), Event())
    assert caught.value.hint == "make room"
    assert "\033" not in caught.value.message
    assert "full" in caught.value.message
    said = (tmp_path / "asked").read_text(encoding="utf-8").split()
    assert said == [
        str(tmp_path / "home"), "-m", "riskcockpit", "sync", "--", "--full", "reports",
    ]  # fmt: skip


def test_a_part_that_failed_is_said(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, monkeypatch, 'echo "warning: reports: gone" >&2', "exit 3")
    assert "S shows which" in sync_apart(ctx, (), Event())


def test_leaving_the_cockpit_waits_for_no_sync_and_ends_none(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, monkeypatch, f"read x < {tmp_path}/pipe", f"echo $x > {tmp_path}/late")
    os.mkfifo(tmp_path / "pipe")
    ended = Event()
    ended.set()
    assert "goes on" in sync_apart(ctx, (), ended)
    (tmp_path / "pipe").write_text("went on\n", encoding="utf-8")
    for _ in range(100):
        if (tmp_path / "late").exists() and (tmp_path / "late").stat().st_size:
            break
        Event().wait(0.05)
    assert (tmp_path / "late").read_text(encoding="utf-8") == "went on\n"


def test_without_sources_there_is_nothing_to_pull(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path)
    with pytest.raises(InputError, match="no source is configured") as bare:
        sync_apart(Context.open(paths), (), Event())
    assert "`riskcockpit init`" in (bare.value.hint or "")
    paths.settings.parent.mkdir(parents=True)
    paths.settings.write_text("context: {name: bank}\n", encoding="utf-8")
    with pytest.raises(InputError) as made:
        sync_apart(Context.open(paths), (), Event())
    assert (
        made.value.hint == "`riskcockpit sources add`, or read a report: `riskcockpit import FILE`"
    )
