"""`report`: what the board reads, as files that the ledger names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskcockpit.cli.diagnostics import say

if TYPE_CHECKING:  # these modules cost more to import than `--help` may
    from riskcockpit.views.report import ReportView


def register(app: typer.Typer) -> None:
    """Add the command of this family."""
    app.command("report")(report)


def report(
    html: Annotated[
        Path | None, typer.Option("--html", help="Write one self-contained page.")
    ] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Write Markdown.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write one JSON document.")] = None,
    *,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            help="Start of the period, as 2026-01-31 or 90d; else the end of the last report.",
        ),
    ] = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="Mark it as a draft and issue nothing.")
    ] = False,
) -> None:
    """Write the governance report, and sign in the ledger that it was issued.

    It is as of the moment the cache was last judged for. The same cache, ledger and period give the
    same bytes. Without a file it prints a draft as Markdown.
    """
    from riskcockpit.cli import files, output
    from riskcockpit.cli.closing import witness
    from riskcockpit.cli.moments import start_of
    from riskcockpit.services.context import Context
    from riskcockpit.services.reporting import Issued, compose, issue

    files.goes_to_stdout(html=html, markdown=markdown, json=json)
    ctx = Context.open()
    wanted = {"html": html, "markdown": markdown, "json": json}
    is_draft = draft or not any(wanted.values())
    view = compose(ctx, start_of(since), is_draft=is_draft)
    if not any(wanted.values()):
        output.raw(_content("markdown", view))
        return
    issues = [Issued(form, _content(form, view)) for form, file in wanted.items() if file]
    paths = [file for file in wanted.values() if file]
    for file, issued in zip(paths, issues, strict=True):
        files.write_file(file, issued.content, f", SHA-256 {issued.digest}")
    if is_draft:
        say("a draft: no ledger names it")
    else:
        say(f"issued: ledger entry {issue(ctx, view, issues)}")
        witness(ctx)


def _content(form: str, view: ReportView) -> bytes:
    from riskcockpit.present import rendering

    if form == "json":
        import json
        from dataclasses import asdict

        from riskcockpit.cli import documents

        document = documents.document("report", **documents.plain(asdict(view)))
        return (json.dumps(document, indent=1, ensure_ascii=True) + "\n").encode()
    return {"html": rendering.html, "markdown": rendering.markdown}[form](view)
