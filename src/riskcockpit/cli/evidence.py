"""`evidence`: what an auditor takes along, and judging it again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from riskcockpit.cli.diagnostics import ExitCode, Progress, say, warn
from riskcockpit.cli.options import JsonOption, name_given

evidence_app = typer.Typer(help="Evidence that needs only stock tools.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.add_typer(evidence_app, name="evidence")


@evidence_app.command("export")
def export(
    directory: Annotated[Path, typer.Argument(help="A directory that is not there yet.")],
    *,
    since: Annotated[
        str | None, typer.Option("--since", help="Start of the period, as 2026-01-31 or 90d.")
    ] = None,
    framework: Annotated[
        str | None, typer.Option("--framework", help="Only controls that refer to it, as dora.")
    ] = None,
    asset: Annotated[
        str | None, typer.Option("--asset", help="Only rows about this asset.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write results, what was judged, policy and ledger as files that stock tools verify.

    It is as of the moment the cache was last judged for. `sh verify.sh` in it needs ssh-keygen,
    sha256sum, head and jq. The ledger names what was exported.
    """
    from dataclasses import asdict

    from riskcockpit.cli import documents, output
    from riskcockpit.cli.closing import witness
    from riskcockpit.cli.moments import start_of
    from riskcockpit.present.text import plural
    from riskcockpit.services.context import Context
    from riskcockpit.services.evidence import EvidenceOptions, export_evidence

    ctx = Context.open()
    options = EvidenceOptions(
        start_of(since), name_given("--framework", framework), name_given("--asset", asset)
    )
    progress = Progress()
    try:
        written = export_evidence(ctx, directory, options, progress)
    finally:
        progress.done()
    if as_json:
        document = documents.document("evidence_export", **documents.plain(asdict(written)))
        output.json_document(document)
    else:
        output.line(
            f"{plural(written.files, 'file')}, {plural(written.bytes, 'byte')}, "
            f"{plural(written.controls, 'control')}, "
            f"{plural(written.deployments, 'statement')} about deployments, "
            f"{plural(written.entries, 'chain')} in {written.directory}"
        )
        output.line(f"SHA-256 of its list of files: {written.manifest_digest}")
        output.line(f"check it: sh {written.directory}/verify.sh")
    if written.signed_by:
        say(f"signed by {written.signed_by}; ledger entry {written.entry}")
        witness(ctx)
    else:
        warn("nobody could sign here, so the ledger does not name it", "`riskcockpit init`")


@evidence_app.command("import")
def import_(
    directory: Annotated[Path, typer.Argument(help="An export.")], *, as_json: JsonOption = False
) -> None:
    """Read an export into this empty home and judge it again. Exit 1 when anything differs."""
    from dataclasses import asdict

    from riskcockpit.cli import documents, output
    from riskcockpit.services.context import Context
    from riskcockpit.services.reproduce import import_evidence

    progress = Progress()
    try:
        read = import_evidence(Context.open(), directory, progress)
    finally:
        progress.done()
    if as_json:
        output.json_document(
            documents.document(
                "evidence_import",
                directory=str(read.directory),
                generation=read.generation,
                entries=read.entries,
                reproduced=read.is_reproduced,
                controls=[asdict(one) | {"same": one.is_same} for one in read.controls],
                deployments=[asdict(one) | {"same": one.is_same} for one in read.deployments],
                signed_by=read.signed_by,
                evaluation_signed=read.is_signed,
            )
        )
    else:
        for one in (*read.controls, *read.deployments):
            if not one.is_same:
                output.line(
                    f"DIFFERS  {one.control_id}: {one.recorded} then, {one.found} now, "
                    f"{one.differences} rows or links"
                )
        same = sum(one.is_same for one in read.controls)
        followed = sum(one.is_same for one in read.deployments)
        output.line(
            f"{same} of {len(read.controls)} controls came to the same, "
            f"{followed} of {len(read.deployments)} chains of deployments; "
            f"{read.entries} entries of the ledger verify"
        )
    if not (read.signed_by and read.is_signed):
        what = "its list of files" if read.is_signed else "its results"
        warn(f"nobody signed {what}, so it proves only that it agrees with itself")
    if not read.is_reproduced:
        raise typer.Exit(ExitCode.GATE_FAILED)
