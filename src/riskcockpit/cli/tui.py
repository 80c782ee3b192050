"""`tui`: the cockpit by its name, with its options; `--plain` is the same as lines."""

from __future__ import annotations

import io
from contextlib import nullcontext, redirect_stdout
from typing import Annotated, Any

import typer

from riskcockpit.cli.diagnostics import say
from riskcockpit.cli.options import AsciiOption, NoMouseOption

_UNFOLDED = 10_000
"""Width of help that is folded later, when its columns have become words."""
_USAGE_ERROR: Any = typer.BadParameter.__base__
"""Wrong options and arguments; typer has no public name for all of them."""


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
    from riskcockpit.cli.speech import spoken
    from riskcockpit.present.vocabulary import first_words, in_shell
    from riskcockpit.services.context import Context

    here = Context.open()
    root: Any = ctx.find_root().command

    def run(words: list[str]) -> None:
        family = root.commands.get(words[0])
        _run(root, in_shell(words, getattr(family, "commands", ())))

    known = {*root.commands, *first_words()}
    try:
        with spoken() as speech:
            open_linear(here, speech, run, known)
    finally:
        witness(here)


def _run(root: Any, words: list[str]) -> None:
    """Run one command; however it ends, the plain cockpit goes on."""
    from riskcockpit.cli.output import lines

    is_help = bool({"-h", "--help"} & {*words})
    page = io.StringIO()
    try:
        with redirect_stdout(page) if is_help else nullcontext():
            root.main(
                args=words, prog_name="riskcockpit", standalone_mode=False,
                terminal_width=_UNFOLDED, max_content_width=_UNFOLDED,
            )  # fmt: skip
    except typer.Abort:
        say("nothing was done")
    except _USAGE_ERROR as error:
        message = error.format_message()
        if "\n" in message:  # a family without a verb: its help
            lines(message)
        else:
            say(f"error: {message}")
            say(f"hint: {' '.join(words[:1])} --help says how it is used")
    except SystemExit:  # a completion, or a signal that was handled
        pass
    lines(page.getvalue())
