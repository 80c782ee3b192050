"""`requests`: what waits for a person's key."""

from __future__ import annotations

import typer

from riskcockpit.cli.options import JsonOption

requests_app = typer.Typer(help="Requests: what waits for whom.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.add_typer(requests_app, name="requests")


@requests_app.command("list")
def list_requests(*, as_json: JsonOption = False) -> None:
    """List what waits for a key: since when, by which rule, for whom, and whether you may sign."""
    from riskcockpit.cli import documents, output, waiver_pages
    from riskcockpit.services.context import Context
    from riskcockpit.services.requests import requests

    ctx = Context.open()
    rows = requests(ctx)
    if as_json:
        found = [waiver_pages.request(row) for row in rows]
        output.json_document(documents.document("requests", requests=found))
    else:
        waiver_pages.requests(rows, ctx.clock.now())
