"""`deployments`: what can be decided about deployments now."""

from __future__ import annotations

import typer

from riskcockpit.cli.diagnostics import warn
from riskcockpit.cli.options import JsonOption

deployments_app = typer.Typer(help="Deployments of the watched systems.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.add_typer(deployments_app, name="deployments")


@deployments_app.command("list")
def list_(*, as_json: JsonOption = False) -> None:
    """List what waits for an approval, and what may be deployed again; asks the sources now."""
    from riskcockpit.cli import documents, lists, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.deployments import deployments

    ctx = Context.open()
    view = deployments(ctx)
    if as_json:
        rows = [
            {
                "kind": row.kind,
                "source": row.source,
                "target": row.target,
                "version": row.version,
                "what": row.what,
                "since": documents.plain(row.since),
            }
            for row in view.offers
        ]
        output.json_document(
            documents.document("deployments", deployments=rows, notes=list(view.notes))
        )
    else:
        lists.deployments(view.offers)
        for note in view.notes:
            warn(note)
