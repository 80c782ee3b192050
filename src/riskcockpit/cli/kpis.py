"""`kpis`: numbers against targets, and the rows behind each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from riskcockpit.cli.options import JsonOption

kpis_app = typer.Typer(help="Numbers against their targets.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.add_typer(kpis_app, name="kpis")


def _ids(incomplete: str) -> Sequence[str]:
    from riskcockpit.config.paths import Paths
    from riskcockpit.services.policy import kpis_in_force

    known = kpis_in_force(Paths.from_environment())
    return [kpi.id for kpi in known if kpi.id.startswith(incomplete)]


@kpis_app.command("list")
def list_(*, as_json: JsonOption = False) -> None:
    """List all KPIs with value, target and state."""
    from riskcockpit.cli import figures, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.kpis import kpis

    ctx = Context.open()
    views = kpis(ctx)
    if as_json:
        output.json_document(figures.kpi_list(views, ctx.clock.now()))
    else:
        figures.kpis(views, ctx.clock.now())


@kpis_app.command("show")
def show(
    kpi_id: Annotated[str, typer.Argument(metavar="ID", help="A KPI's id.", autocompletion=_ids)],
    *,
    as_json: JsonOption = False,
) -> None:
    """Show one KPI: its definition, its history, and the rows behind the number."""
    from riskcockpit.cli import figures, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.kpis import kpi

    view = kpi(Context.open(), kpi_id)
    if as_json:
        output.json_document(figures.kpi_detail(view))
    else:
        figures.kpi(view)
