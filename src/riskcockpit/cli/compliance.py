"""`compliance`: requirement → control → evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from riskcockpit.cli.options import JsonOption

if TYPE_CHECKING:
    from riskcockpit.views.compliance import FrameworkView


def register(app: typer.Typer) -> None:
    """Add the command of this family."""
    app.command("compliance")(compliance)


def _names(incomplete: str) -> Sequence[str]:
    from riskcockpit.config.paths import Paths
    from riskcockpit.services.policy import frameworks_in_force

    names = frameworks_in_force(Paths.from_environment())
    return [name for name in names if name.startswith(incomplete)]


def compliance(
    framework: Annotated[
        str,
        typer.Argument(
            metavar="[FRAMEWORK]", help="As dora; all by default.", autocompletion=_names
        ),
    ] = "",
    *,
    format_: Annotated[
        str, typer.Option("--format", help="table, json, csv or markdown.")
    ] = "table",
    as_json: JsonOption = False,
) -> None:
    """Show which requirements have evidence: present, stale, absent, or not automated."""
    from riskcockpit.cli import output
    from riskcockpit.cli.requirements import document, matrix, requirements, tree
    from riskcockpit.services.compliance import compliance as asked
    from riskcockpit.services.context import Context

    kind = output.chosen_format("json" if as_json else format_)
    ctx = Context.open()
    views: tuple[FrameworkView, ...] = asked(ctx, framework)
    if kind == "json":
        output.json_document(document(views, ctx.clock.now()))
    elif not framework and kind == "table":
        matrix(views)
    elif kind == "table":
        tree(views[0], ctx.clock.now())
    else:
        requirements(views, kind)
