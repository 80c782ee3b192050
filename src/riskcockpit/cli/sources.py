"""`sources`: which upstream systems there are, adding one, trying one."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from riskcockpit.cli import completing
from riskcockpit.cli.diagnostics import ExitCode, say
from riskcockpit.cli.options import JsonOption

if TYPE_CHECKING:  # these modules cost more to import than `--help` may
    from riskcockpit.views.sources import SourceAdded, SourceTest

sources_app = typer.Typer(help="The configured upstream systems.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.add_typer(sources_app, name="sources")


@sources_app.command("list")
def list_sources(*, as_json: JsonOption = False) -> None:
    """List the configured sources with their health, and the kinds that are installed.

    Below them stands what is in force from elsewhere (EPSS, KEV, owners, services) with its age.
    """
    from riskcockpit.cli import documents, lists, output, pages
    from riskcockpit.connectors.registry import kinds
    from riskcockpit.services.context import Context
    from riskcockpit.services.sources import enrichments, sources

    ctx = Context.open()
    views, known = sources(ctx), enrichments(ctx)
    installed = sorted(kinds())
    if as_json:
        output.json_document(
            documents.document(
                "sources",
                sources=[documents.source(view) for view in views],
                kinds=installed,
                enrichment=[documents.enrichment(view) for view in known],
            )
        )
        return
    lists.sources(views, ctx.clock.now())
    pages.knowledge(known, ctx.clock.now())
    say(f"installed kinds: {', '.join(installed)}")


@sources_app.command("add")
def add(
    name: Annotated[
        str, typer.Argument(help="Your name for it; asked for on a terminal when left out.")
    ] = "",
    *,
    kind: Annotated[
        str,
        typer.Option(
            help="What it is; `sources list` names the kinds.", autocompletion=completing.kinds
        ),
    ] = "",
    url: Annotated[str, typer.Option(help="Its base address, or where its files lie.")] = "",
    option: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE, once for each option; the value is YAML or a text."),
    ] = None,
    credential: Annotated[
        str,
        typer.Option(
            help="Its read credential: env:NAME, file:PATH, keyring:SERVICE/USER or exec:COMMAND."
        ),
    ] = "",
    username: Annotated[str, typer.Option(help="Makes that credential a password.")] = "",
    write_credential: Annotated[
        str, typer.Option(help="Its write credential, as --credential.")
    ] = "",
    write_username: Annotated[str, typer.Option(help="Makes that one a password.")] = "",
    stale_after: Annotated[str, typer.Option(help="When what it gave counts as stale.")] = "24h",
    test: Annotated[
        bool, typer.Option("--test/--no-test", help="Try it first; without, it is only written.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Add a source to the settings, keeping their comments; asks for what was left out.

    It is tried before it is written; when that fails nothing is changed (exit 3). Questions are
    asked on a terminal only.
    """
    from riskcockpit.cli import asking
    from riskcockpit.services.connecting import add_source, try_source
    from riskcockpit.services.context import Context

    ctx = Context.open()
    given = asking.Given(
        name, kind, url, tuple(option or ()), (credential, username),
        (write_credential, write_username), stale_after,
    )  # fmt: skip
    source = asking.complete(ctx, given)
    tried = try_source(ctx, source) if test else None
    if tried is not None and not tried.is_ok:
        is_kept = asking.is_terminal() and asking.confirm("It does not work. Add it all the same?")
        if not is_kept:
            _show(tried, None, as_json=as_json)
            say("nothing was changed")
            raise typer.Exit(ExitCode.SOURCE_FAILED)
    _show(tried, add_source(ctx, source), as_json=as_json)


@sources_app.command("test")
def try_one(
    name: Annotated[
        str, typer.Argument(help="The name of a source.", autocompletion=completing.sources)
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Try a source: credentials, reach, and a sample of what it gives. Exit 3 when it fails."""
    from riskcockpit.services.connecting import try_named
    from riskcockpit.services.context import Context

    tried = try_named(Context.open(), name)
    _show(tried, None, as_json=as_json)
    if not tried.is_ok:
        raise typer.Exit(ExitCode.SOURCE_FAILED)


def _show(tried: SourceTest | None, added: SourceAdded | None, *, as_json: bool) -> None:
    from riskcockpit.cli import documents, output

    if as_json:
        output.json_document(documents.source_tried(tried, added))
        return
    for check in tried.checks if tried else ():
        output.line(f"{check.state.value:<5} {check.name:<17} {check.detail}")
        if check.hint:
            output.line(f"{'':<23} hint: {check.hint}")
    if added is not None:
        output.lines(added.block.rstrip("\n"))
        say(f"added to {added.file}; `riskcockpit sync {quote(added.name)}` pulls it")
