"""What is asked before a decision, and what counts as a yes."""

from __future__ import annotations

import io
import sys

import pytest
import typer

from riskcockpit.cli.decisions import stops_at
from riskcockpit.cli.pages import preview
from riskcockpit.errors import InputError
from riskcockpit.views.governance import DecisionPreview

PRODUCTION = "prod-bank"


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


def asked(typed: str, name: str = "local", blockers: tuple[str, ...] = ()) -> bool:
    """Return whether a decision goes on after what is typed."""
    plan = DecisionPreview("Waive 1 finding", "It ends.", "x", name, name == PRODUCTION,
                           (), "r", (), blockers)  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", Terminal(typed))
        try:
            return not stops_at(plan, dry_run=False, yes=False, as_json=False)
        except typer.Exit:
            return False


@pytest.mark.parametrize(("typed", "goes_on"), [("y", True), ("YES", True), ("", False),
                                                ("n", False), ("local", False)])  # fmt: skip
def test_y_is_a_yes_and_all_else_is_none(typed: str, *, goes_on: bool) -> None:
    assert asked(f"{typed}\n") is goes_on


def test_production_asks_for_its_name_and_y_signs_nothing_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert not asked("y\n", PRODUCTION)
    assert not asked("\n", PRODUCTION)
    assert asked(f"{PRODUCTION}\n", PRODUCTION)
    assert "type prod-bank to sign it" in capsys.readouterr().err


def test_nothing_is_asked_about_what_is_refused_anyway_or_when_nobody_answers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert asked("", PRODUCTION, ("decisions are locked",)), "the refusal comes from the decision"
    said = capsys.readouterr().err
    assert "decisions are locked" in said
    assert "?" not in said
    with pytest.raises(InputError, match="the input ended"):
        asked("")


def test_what_a_preview_says_stands_in_one_column() -> None:
    facts = (("because", "it is late"), ("owner of the risk", "ann"))
    plan = DecisionPreview("Waive 1 finding", "It ends.", "x", "local", False,
                           (), "r", (), (), facts=facts)  # fmt: skip
    rows = [row for row in preview(plan).splitlines() if row.endswith((" x", " late", " ann"))]
    assert len(rows) == 3
    assert len({row.rindex("  ") for row in rows}) == 1
