"""`requests`: what waits for a person's key."""

from __future__ import annotations

from typing import Annotated

import typer

from riskcockpit.cli.options import JsonOption

requests_app = typer.Typer(help="Requests: what waits for whom.", no_args_is_help=True)


def _ids(incomplete: str) -> list[str]:
    """Return the ids of what waits, for completion."""
    from riskcockpit.services.context import Context
    from riskcockpit.services.requests import requests

    return [row.id for row in requests(Context.open()) if row.id.startswith(incomplete)]


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


@requests_app.command("show")
def show(
    request_id: Annotated[
        str,
        typer.Argument(
            metavar="HASH", help="A request's hash, or its first digits.", autocompletion=_ids
        ),
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Show one request in full: its hash, where it stands, its terms, its findings."""
    from riskcockpit.cli import documents, output, waiver_pages
    from riskcockpit.services.context import Context
    from riskcockpit.services.requests import request

    view = request(Context.open(), request_id)
    if as_json:
        output.json_document(documents.document("request", **waiver_pages.request_detail(view)))
    else:
        waiver_pages.request_page(view)
