"""`models`: the registered models with their live readings."""

from __future__ import annotations

from typing import Annotated

import typer

from riskcockpit.cli import completing
from riskcockpit.cli.options import JsonOption

models_app = typer.Typer(help="Models of the registry.", no_args_is_help=True)
ModelName = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="A registered model.", autocompletion=completing.models),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.add_typer(models_app, name="models")


@models_app.command("list")
def list_(*, as_json: JsonOption = False) -> None:
    """List models with their champion, readings against thresholds and rollback target."""
    from riskcockpit.cli import documents, lists, output, subjects
    from riskcockpit.services.context import Context
    from riskcockpit.services.models import models

    ctx = Context.open()
    rows = models(ctx)
    if as_json:
        output.json_document(
            documents.document("models", models=[subjects.model(row) for row in rows])
        )
    else:
        lists.models(rows, ctx.clock.now())


@models_app.command("show")
def show(name: ModelName, *, as_json: JsonOption = False) -> None:
    """Show one model: versions with lineage, readings, timeline."""
    from riskcockpit.cli import output, pages, subjects
    from riskcockpit.services.context import Context
    from riskcockpit.services.models import model

    ctx = Context.open()
    view = model(ctx, name)
    if as_json:
        output.json_document(subjects.model_detail(view))
    else:
        pages.model(view, ctx.clock.now())


@models_app.command("timeline")
def timeline(name: ModelName, *, as_json: JsonOption = False) -> None:
    """Print what happened to a model, newest first."""
    from riskcockpit.cli import output, pages, subjects
    from riskcockpit.services.context import Context
    from riskcockpit.services.models import model

    view = model(Context.open(), name)
    if as_json:
        output.json_document(subjects.model_detail(view))
    else:
        pages.timeline(view)
