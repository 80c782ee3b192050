"""`tui`: the cockpit by its name, with its options; `--plain` is the same as lines."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

import typer

from riskcockpit.cli.options import AsciiOption, NoMouseOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("tui")(tui)


def tui(
    ctx: typer.Context,
    *,
    plain: Annotated[
        bool, typer.Option("--plain", help="Lines and words only, for screen readers.")
    ] = False,
    ascii_only: AsciiOption = False,
    no_mouse: NoMouseOption = False,
) -> None:
    """Open the cockpit on a terminal, as `riskcockpit` alone does."""
    if not plain:
        from riskcockpit.cli.cockpit import open_here

        raise typer.Exit(open_here(is_ascii=ascii_only, mouse=not no_mouse))
    from riskcockpit.cli.closing import witness
    from riskcockpit.cli.linear import open_linear
    from riskcockpit.cli.output import spoken
    from riskcockpit.present.vocabulary import in_shell
    from riskcockpit.services.context import Context

    here = Context.open()
    root: Any = ctx.find_root().command

    def run(words: list[str]) -> None:
        family = root.commands.get(words[0])
        spelled = in_shell(words, getattr(family, "commands", ()))
        with suppress(SystemExit), spoken():  # how each command ends, well or not
            root.main(args=spelled, prog_name="riskcockpit")

    try:
        open_linear(here, run)
    finally:
        witness(here)
