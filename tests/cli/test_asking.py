"""What is asked before a decision, and what counts as a yes."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
import typer

from riskcockpit.cli.decisions import stops_at
from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import ContextSettings, Settings
from riskcockpit.errors import RefusedError
from riskcockpit.services.context import Context
from riskcockpit.services.unlocking import unlock
from riskcockpit.views.governance import DecisionPreview


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


def asked(ctx: Context, typed: str) -> bool:
    """Return whether a decision goes on after what is typed."""
    context = ctx.settings.context
    plan = DecisionPreview("Waive 1 finding", "It ends.", "x", context.name, context.production,
                           (), "r", (), ())  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", Terminal(typed))
        try:
            return not stops_at(ctx, plan, dry_run=False, yes=False, as_json=False)
        except typer.Exit:
            return False


@pytest.mark.parametrize(("typed", "goes_on"), [("y", True), ("YES", True), ("", False),
                                                ("n", False), ("local", False)])  # fmt: skip
def test_y_is_a_yes_and_all_else_is_none(typed: str, tmp_path: Path, *, goes_on: bool) -> None:
    assert asked(Context.under(Settings(), Paths.under(tmp_path)), f"{typed}\n") is goes_on


def test_production_asks_for_its_name_and_for_nothing_while_it_is_locked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(context=ContextSettings(name="prod-bank", production=True))
    ctx = Context.under(settings, Paths.under(tmp_path))
    with pytest.raises(RefusedError, match="decisions are locked in prod-bank"):
        asked(ctx, "prod-bank\n")
    said = capsys.readouterr().err
    assert "Waive 1 finding" in said, "what it would be is shown all the same"
    assert "type prod-bank" not in said
    unlock(ctx, "prod-bank")
    assert not asked(ctx, "y\n")
    assert not asked(ctx, "\n")
    assert asked(ctx, "prod-bank\n")
    assert "type prod-bank to sign it" in capsys.readouterr().err
