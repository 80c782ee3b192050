"""Evidence for an auditor: what the controls came to, what they read, and the ledger that says so.

A directory that needs nothing of ours to be checked: `verify.sh` does it with stock tools, and
`services.reproduce` judges the same rows again and comes to the same.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from riskcockpit.controls.pack import Control, digest
from riskcockpit.domain.clock import rfc3339, start_of_period
from riskcockpit.domain.control import ControlRow, Verdict
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.severity import Severity
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import FatalError, InputError, LedgerError, UnknownNameError
from riskcockpit.formats.writing.oscal import assessment_results, oscal_faults
from riskcockpit.kpis import catalogue
from riskcockpit.ledger.chain import Entry
from riskcockpit.services.attesting import PLACE, write_statements
from riskcockpit.services.context import Context
from riskcockpit.services.evidence_files import (
    INDEX,
    MANIFEST,
    Folder,
    copy_ledger,
    index,
    judged_rows,
    write_guides,
    write_inputs,
    write_policy,
    write_results,
)
from riskcockpit.services.judged import evaluation_of, judged_at
from riskcockpit.services.judging import transcript
from riskcockpit.services.policy import controls_in_force, frameworks_in_force, kpis_in_force
from riskcockpit.services.record import examined
from riskcockpit.services.reporting import DEFAULT_PERIOD, EVIDENCE_FORM
from riskcockpit.services.tracing import rows_of
from riskcockpit.store.sql import sql
from riskcockpit.views.evidence import (
    Evaluation,
    EvidencedControl,
    EvidenceView,
    EvidenceWritten,
    Requirement,
    WaiverFact,
)

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.ledger.signing import Signer
    from riskcockpit.store.database import Reader

_DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class EvidenceOptions:
    """What of the evidence is wanted."""

    since: datetime | timedelta | None = None
    """Start of the period, aware UTC, or how long before its end; None: `DEFAULT_PERIOD`."""
    framework: str = ""
    """Only controls that refer to it; empty: all."""
    asset: str = ""
    """Only rows about it; empty: all."""


def export_evidence(
    ctx: Context, directory: Path, options: EvidenceOptions, tell: Callable[[str], None]
) -> EvidenceWritten:
    """Write the evidence of the published generation into a new directory.

    Raises:
        InputError: the directory is there already, there is no cache, or the policy has changed
            since it was judged.
        LedgerError: the ledger does not verify.
        StoreError: the cache is damaged.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise InputError(f"{directory} is there already", hint="name a new or empty directory")
    if not ctx.store.generation():
        raise InputError("there is no evidence: the cache is empty", hint="`riskcockpit sync`")
    found = examined(ctx)
    if not found.report.is_ok:
        first = found.report.problems[0]
        raise LedgerError(
            f"the ledger does not verify, so it proves nothing: {first.chain}: {first.why}",
            hint="`riskcockpit ledger verify` lists all faults",
        )
    directory.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=directory.parent, prefix=f".{directory.name}-") as place:
        folder = Folder(Path(place) / "export")
        with ctx.store.reader() as reader:
            view = _view(ctx, reader, found.counting, options)
            tell("writing the results")
            write_results(folder, reader, view)
            tell("writing what the controls read")
            tables = write_inputs(folder, reader, _chosen(ctx, options))
            signer = ctx.signer() if ctx.key.exists() else None
            write_statements(folder, reader, view, signer, tell)
        tell("writing the policy and the ledger")
        write_policy(ctx, folder, view)
        copy_ledger(ctx, folder, found.entries)
        write_guides(folder)
        document = assessment_results(view, folder.digests)
        if faults := oscal_faults(json.loads(document)):
            raise FatalError(f"the OSCAL document is not sound: {faults[0]}")
        folder.write("oscal/assessment-results.json", document)
        return _seal(ctx, folder, directory, view, tables, signer=signer)


def _view(
    ctx: Context, reader: Reader, entries: Sequence[Entry], options: EvidenceOptions
) -> EvidenceView:
    until = judged_at(reader)
    since = start_of_period(options.since or DEFAULT_PERIOD, until)
    if since >= until:
        raise InputError(f"the period is empty: the data ends at {rfc3339(until)}")
    evaluation = evaluation_of(entries, reader.generation)
    in_force = controls_in_force(ctx.paths, ctx.settings.context.name)
    controls_digest = digest(in_force)
    kpis_digest = catalogue.digest(kpis_in_force(ctx.paths))
    policy = sha256(f"{controls_digest} {kpis_digest}".encode()).hexdigest()
    if evaluation is not None and evaluation.data.get("policy_digest") != policy:
        raise InputError(
            "the controls or KPIs were changed since the cache was judged by them",
            hint="judge it again first: `riskcockpit sync`",
        )
    rows = judged_rows(reader)
    verdicts = {one["id"]: one for one in reader.records(sql("services", "governance_control"))}
    chosen = _chosen(ctx, options)
    if options.asset:
        _refuse_stranger(reader, options.asset, rows)
    results = (
        (name, Verdict(one["verdict"]), rows.get(name, ())) for name, one in verdicts.items()
    )
    return EvidenceView(
        organisation=ctx.settings.context.name,
        since=since,
        until=until,
        generation=reader.generation,
        framework=options.framework,
        asset=options.asset,
        controls=tuple(
            _evidenced(control, verdicts[control.id], rows.get(control.id, ()), options.asset)
            for control in chosen
            if control.id in verdicts
        ),
        requirements=_requirements(ctx, chosen, options.framework),
        waivers=tuple(
            WaiverFact(**one) for one in reader.records(sql("services", "evidence_waivers"))
        ),
        evaluations=tuple(_evaluations(entries, since, until, evaluation)),
        policy_digest=policy,
        controls_digest=controls_digest,
        kpis_digest=kpis_digest,
        results_digest=sha256(b"".join(transcript(results))).hexdigest(),
    )


def _chosen(ctx: Context, options: EvidenceOptions) -> tuple[Control, ...]:
    known = frameworks_in_force(ctx.paths)
    if options.framework and options.framework not in known:
        near = get_close_matches(options.framework.lower(), known, 1)
        raise UnknownNameError(
            f'no framework "{options.framework}"',
            hint=f'did you mean "{near[0]}"?' if near else f"known: {', '.join(known)}",
        )
    controls = controls_in_force(ctx.paths, ctx.settings.context.name)
    return tuple(c for c in controls if not options.framework or options.framework in c.frameworks)


def _evidenced(
    control: Control, judged: Mapping[str, Any], rows: Iterable[ControlRow], asset: str
) -> EvidencedControl:
    ages = [age for age in control.inputs.values() if age is not None]
    shortest = min(ages, default=timedelta(hours=_DAY_HOURS))
    return EvidencedControl(
        id=control.id,
        title=control.title,
        pillar=control.pillar.value,
        severity=Severity(control.severity),
        rationale=control.rationale,
        remediation=control.remediation,
        frameworks=control.frameworks,
        verdict=Verdict(judged["verdict"]),
        message=judged["message"],
        rows=tuple(row for row in rows if not asset or _is_about(row, asset)),
        digest=control.digest,
        hours=max(1, int(shortest.total_seconds() // 3600)),
        at=judged["at"],
    )


def _refuse_stranger(reader: Reader, asset: str, rows: Mapping[str, Sequence[ControlRow]]) -> None:
    """Refuse an asset that nothing is known of: evidence about nothing looks like evidence."""
    judged = [row for found in rows.values() for row in found]
    known = {name for (name,) in reader.rows(sql("services", "asset_names"))}
    known |= {deployed.asset for deployed in rows_of(reader)}
    if asset in known or any(_is_about(row, asset) for row in judged):
        return
    near = get_close_matches(asset, sorted(known | {row.resource for row in judged}), 1)
    raise UnknownNameError(
        f'nothing is known of an asset "{clean_line(asset)}"',
        hint=f'did you mean "{near[0]}"?' if near else "`riskcockpit findings list` names assets",
    )


def _is_about(row: ControlRow, asset: str) -> bool:
    return row.resource == asset or asset in row.dimensions.values()


def _requirements(
    ctx: Context, controls: Iterable[Control], framework: str
) -> tuple[Requirement, ...]:
    known = frameworks_in_force(ctx.paths)
    named = sorted(
        {
            (name, reference)
            for control in controls
            for name, references in control.frameworks.items()
            for reference in references
            if not framework or name == framework
        }
    )
    return tuple(
        Requirement(name, known[name].title, reference, known[name].link)
        for name, reference in named
    )


def _evaluations(
    entries: Iterable[Entry], since: datetime, until: datetime, own: Entry | None
) -> Iterator[Evaluation]:
    """Yield the evaluations of the period; that of the generation itself is signed just after."""
    for entry in entries:
        is_within = since < entry.ts <= until or entry is own
        if entry.type is EntryType.CONTROLS_EVALUATED and is_within:
            yield Evaluation(
                at=entry.ts,
                generation=_generation(entry),
                actor=entry.actor,
                policy_digest=str(entry.data.get("policy_digest", "")),
                results_digest=str(entry.data.get("results_digest", "")),
                entry=entry.hash,
            )


def _generation(entry: Entry) -> int:
    """Return which generation was judged; 0 when the entry does not say."""
    said = entry.data.get("generation")
    return said if isinstance(said, int) else 0


def _seal(
    ctx: Context,
    folder: Folder,
    directory: Path,
    view: EvidenceView,
    tables: Mapping[str, int],
    *,
    signer: Signer | None,
) -> EvidenceWritten:
    """Write the index and the manifest, sign it, and put the directory in its place."""
    folder.write(INDEX, index(view, tables, signer.principal if signer else ""))
    manifest = "".join(f"{value}  {path}\n" for path, value in sorted(folder.digests.items()))
    folder.write(MANIFEST, manifest.encode())
    manifest_digest = folder.digests.pop(MANIFEST)
    entry = ""
    if signer is not None:
        signature = signer.sign(manifest.encode())
        (folder.root / f"{MANIFEST}.sig").write_text(signature, encoding="ascii")
    if directory.exists():
        directory.rmdir()
    shutil.move(folder.root, directory)
    if signer is not None:
        entry = _record(ctx, view, manifest_digest)
    return EvidenceWritten(
        directory=directory,
        files=len(folder.digests),
        bytes=folder.size,
        controls=len(view.controls),
        deployments=sum(path.startswith(f"{PLACE}/") for path in folder.digests),
        entries=sum(path.startswith("ledger/chains/") for path in folder.digests),
        manifest_digest=manifest_digest,
        signed_by=signer.principal if signer else "",
        entry=entry,
    )


def _record(ctx: Context, view: EvidenceView, manifest_digest: str) -> str:
    entry = ctx.journal().append(
        EntryType.REPORT_ISSUED,
        {
            "generation": view.generation,
            "since": rfc3339(view.since),
            "until": rfc3339(view.until),
            "files": [{"form": EVIDENCE_FORM, "sha256": manifest_digest}],
            "heads": {},
            "policy_digest": view.policy_digest,
            "results_digest": view.results_digest,
        },
    )
    return entry.hash
