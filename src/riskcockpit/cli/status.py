"""`status`: the overview in plain text."""

from __future__ import annotations

import typer

from riskcockpit.cli.diagnostics import say, warn
from riskcockpit.cli.options import JsonOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status")(status)


def status(*, as_json: JsonOption = False) -> None:
    """Print the pillars, KPIs against targets, money at risk, and what needs a decision."""
    from riskcockpit.services.context import Context
    from riskcockpit.services.following import behind
    from riskcockpit.services.incident_files import unusable
    from riskcockpit.services.posture import posture

    ctx = Context.open()
    if newer := behind(ctx):
        say(newer)
    if why_not := unusable(ctx.paths):
        warn(why_not)
    view = posture(ctx)
    if as_json:
        from riskcockpit.cli import documents, output

        output.json_document(documents.status(view))
    else:
        from riskcockpit.cli import pages

        pages.status(view)
