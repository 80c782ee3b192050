"""Import: report files into the cache, all in one publish, judged before anybody sees it.

One file that cannot be read never stops the others. A dry run does everything and throws it away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from riskcockpit.domain.batch import Document
from riskcockpit.domain.sheet import Sheet
from riskcockpit.errors import BusyError, InputError
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.registry import named, read_report
from riskcockpit.ingest.own_tools import own_tools_of
from riskcockpit.ingest.pipeline import ingest_all
from riskcockpit.ingest.policy import IngestPolicy, Parts, ScopeSpec
from riskcockpit.ingest.scans import merged
from riskcockpit.ingest.vex import limited
from riskcockpit.ingest.vulnerabilities import without_tag
from riskcockpit.present.text import plural
from riskcockpit.services.context import Context
from riskcockpit.services.documents import Source, find, read
from riskcockpit.services.following import overdue
from riskcockpit.services.house import policy_of, read_options_of
from riskcockpit.services.knowledge import knowledge_of
from riskcockpit.services.lapsing import settle
from riskcockpit.services.own_formats import own_formats
from riskcockpit.services.pieces import pieces_of
from riskcockpit.services.read_documents import ReadDocument, file_report
from riskcockpit.services.redacting import scan_without_secrets
from riskcockpit.services.repeats import Repeat, Request, known_sizes, remember, repeat
from riskcockpit.views.reports import FileReport, ImportCounts, ImportReport

if TYPE_CHECKING:  # it imports duckdb; `--help` does without
    from riskcockpit.store.database import Writer

IMPORT_SOURCE = "import"
"""The source id of reports given by hand."""
AUTO = "auto"
"""The word for telling the format by the content."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How reports are to be taken."""

    format: str = AUTO
    """A format's name; `auto` tells it by the content."""
    asset: str = ""
    """What was scanned; empty: as the report says, else the repository around the file."""
    scope: str = ""
    """Tells apart several scans of one tool over one asset; empty: as the report says."""
    complete: bool | None = None
    """The user's word on whether the scan saw everything."""
    dry_run: bool = False
    accept_held: bool = False
    """Close also what would be held back as too many."""
    stdin: bytes | None = None
    """The content of `-`."""


def import_reports(
    ctx: Context,
    paths: Sequence[Path],
    options: ImportOptions,
    progress: Progress | None = None,
) -> ImportReport:
    """Import the reports at `paths` and say what changed; nothing new publishes nothing, unless a
    waiver ran out meanwhile, or somebody decided elsewhere.

    Raises:
        UnknownNameError: there is no format of the name given.
        BusyError: another process is writing.
        StoreError: the cache cannot be written.
    """
    tell = progress or _quiet
    if options.format != AUTO:
        named(options.format, own_formats(ctx.paths))
    sources = find(paths)
    before, ran_out = ctx.store.generation(), () if options.dry_run else overdue(ctx)
    notes: tuple[str, ...] = ()
    files = _repeats(ctx, sources, options, tell)
    if files is None:
        with without_collection():
            documents = read_all(ctx, sources, options, tell)
            leave_out_own(documents)
            notes = _write(ctx, documents, options, tell)
        files = tuple(file_report(document) for document in documents)
    if ran_out:
        notes = (*notes, *ran_out, *settle(ctx, before))
    return ImportReport(
        files=files,
        is_dry_run=options.dry_run,
        generation=ctx.store.generation(),
        totals=sum((file.counts for file in files), ImportCounts()),
        notes=notes,
    )


def read_all(
    ctx: Context,
    sources: Sequence[Source],
    options: ImportOptions,
    tell: Progress,
    default_asset: str = "",
    *,
    is_kept: bool = True,
) -> list[ReadDocument]:
    """Read every document; one that cannot be read says so and does not stop the others.

    `default_asset` is that of reports that name none; empty: what is around each file.
    """
    read_options = read_options_of(ctx, is_kept=is_kept)
    documents: list[ReadDocument] = []
    for source in sources:
        tell(f"reading {source.name}")
        try:
            document = read(source, options.stdin, read_options.max_bytes)
        except InputError as error:
            documents.append(ReadDocument(source.name, error=error.message, hint=error.hint or ""))
            continue
        asset = default_asset or source.asset
        documents += read_pieces(
            document, options, read_options, default_asset=asset, place=source.place
        )
    together(documents)
    return documents


def read_pieces(
    document: Document,
    options: ImportOptions,
    read_options: ReadOptions,
    *,
    source_id: str = IMPORT_SOURCE,
    default_asset: str = "",
    place: str = "",
) -> Iterator[ReadDocument]:
    """Read a document, or each report of an archive with several; see `read_document`."""
    for piece in pieces_of(document, read_options, is_named=options.format != AUTO):
        name = piece.document.name
        if piece.error is not None:
            yield ReadDocument(name, error=piece.error.message, hint=piece.error.hint or "")
        elif piece.why_not:
            yield ReadDocument(name, notes=(piece.why_not,))
        else:
            yield read_document(
                piece.document,
                options,
                read_options,
                source_id=source_id,
                default_asset=default_asset,
                place=f"{place}/{piece.inner}" if piece.inner else place,
            )


def read_document(
    document: Document,
    options: ImportOptions,
    read_options: ReadOptions,
    *,
    source_id: str = IMPORT_SOURCE,
    default_asset: str = "",
    place: str = "",
) -> ReadDocument:
    """Read the scans of one document and name their scopes; a bad document becomes an error.

    The asset is the one given, else the document's, else the report's, else `default_asset`. VEX
    is about findings of any asset unless one is given. `place` names the document among those of
    its asset; empty: its own name.
    """
    name = "" if options.format == AUTO else options.format
    try:
        report = read_report(document.content, read_options, name=name)
    except InputError as error:
        return ReadDocument(document.name, error=error.message, hint=error.hint or "")
    request = _request(document, options, default_asset)
    redact, is_by_hand = read_options.redact, source_id == IMPORT_SOURCE
    given, default_asset = redact(options.asset or document.asset), redact(default_asset)
    category = redact(options.scope or document.category)
    known = knowledge_of(report, request, document, place, redact, is_confirmed=options.accept_held)
    named_scans = (
        replace(
            scan,
            asset=given or without_tag(scan.asset) or ("" if scan.is_vex else default_asset),
            category=category or scan.category,
            statements=limited(scan.statements, given),
        )
        for scan in (scan_without_secrets(scan, redact) for scan in report.scans)
    )
    scans = tuple(
        (
            scan,
            ScopeSpec(
                asset=scan.asset,
                tool=scan.tool,
                source_id=source_id,
                document=redact(document.name),
                format=report.format,
                content_hash=request.content_hash,
                category=scan.category,
                branch=scan.branch,
                modified_at=document.modified_at,
                is_complete=options.complete,
                accepts_held=options.accept_held,
                is_asset_guessed=is_by_hand and not given and scan.asset == default_asset,
            ),
        )
        for scan in merged(named_scans)
    )
    return ReadDocument(
        document.name, report.format, scans, report.notes, request=request, knowledge=known
    )


def leave_out_own(documents: Sequence[ReadDocument]) -> None:
    """Take out of documents what speaks for riskcockpit itself, which alone says what it judges.

    A report that says nothing else becomes an error; a page of a listing may be empty.
    """
    for document in documents:
        own = [own_tools_of(scan) for scan, _ in document.scans]
        if not any(own):
            continue
        document.scans = tuple(
            one for one, tools in zip(document.scans, own, strict=True) if not tools
        )
        names = ", ".join(sorted(frozenset().union(*own)))
        if document.is_readable or document.is_page:
            note = f"what it says as {names} is left out: riskcockpit judges that itself"
            document.notes = (*document.notes, note)
        else:
            document.error = f"it speaks as {names}: riskcockpit judges that itself"
            document.hint = (
                "nothing was taken; sync what it judges: readings, registries, the ledger"
            )


def ingest_documents(
    tx: Writer, documents: Sequence[ReadDocument], policy: IngestPolicy, now: datetime
) -> None:
    """Ingest every scan of documents of one source in their order, those that cannot meet together.

    Afterwards `reports` of each says what came of it. What the rows of its scans said is forgotten
    on the way: they take more memory than the cache.
    """
    scans = [one for document in documents for one in document.scans]
    for scan, _ in scans:
        if isinstance(scan.observations, Sheet):
            scan.observations.is_disposable = True
    reports = iter(ingest_all(tx, scans, policy, now))
    for document in documents:
        document.reports = tuple(islice(reports, len(document.scans)))
        if document.knowledge is not None:
            document.knowledge.record(tx, policy.closure, now)


def together(documents: Sequence[ReadDocument]) -> None:
    """Make documents that are given together and cover one scope parts of one scan.

    None of them closes what another shows; what none of them shows is judged with the last.
    """
    contents: dict[str, set[str]] = {}
    for document in documents:
        for _, scope in document.scans:
            contents.setdefault(scope.id, set()).add(scope.content_hash)
    shared = {id_: Parts(frozenset(found)) for id_, found in contents.items() if len(found) > 1}
    for document in documents:
        document.scans = tuple(
            (scan, replace(scope, parts=shared.get(scope.id))) for scan, scope in document.scans
        )


def _repeats(
    ctx: Context, sources: Sequence[Source], options: ImportOptions, tell: Progress
) -> tuple[FileReport, ...] | None:
    """Return the reports when every document is a repeated one that stands alone in its scopes."""
    if not sources or ctx.store.generation() == 0:
        return None
    found: list[Repeat] = []
    with ctx.store.reader() as reader:
        sizes = known_sizes(reader)
        for source in sources:
            tell(f"comparing {source.name}")
            try:
                if source.path is not None and source.path.stat().st_size not in sizes:
                    return None
                document = read(source, options.stdin, ctx.settings.imports.max_file_bytes)
            except (InputError, OSError):
                return None
            one = repeat(
                reader,
                _request(document, options, source.asset),
                document.name,
                is_vouched=options.complete is True,
                accepts_held=options.accept_held,
            )
            if one is None or any(one.scopes & other.scopes for other in found):
                return None
            found.append(one)
    return tuple(one.report for one in found)


def _request(document: Document, options: ImportOptions, default_asset: str) -> Request:
    return Request(
        content_hash=blake2b(document.content, digest_size=16).hexdigest(),
        size=len(document.content),
        format="" if options.format == AUTO else options.format,
        asset=options.asset or document.asset,
        default_asset=default_asset,
        category=options.scope or document.category,
    )


def _write(
    ctx: Context, documents: Sequence[ReadDocument], options: ImportOptions, tell: Progress
) -> tuple[str, ...]:
    """Ingest in the order in which the scans ran; publish when anything is new. Return notes."""
    from riskcockpit.services.judging import (  # noqa: PLC0415 - it imports duckdb
        judge,
        record_evaluation,
    )

    readable = [document for document in documents if document.is_readable]
    if not readable:
        return ()
    policy = policy_of(ctx)
    now = ctx.clock.now()
    with ctx.store.writer(is_reversible=True) as tx:
        readable.sort(key=lambda document: document.ran_at or now)
        tell(f"importing {plural(len(readable), 'report')}")
        ingest_documents(tx, readable, policy, now)
        for document in readable:
            if document.request is not None and document.scans:
                scopes = [scope.id for _, scope in document.scans]
                remember(tx, document.request, document.format, document.notes, scopes)
        if options.dry_run or not any(document.is_new for document in readable):
            tx.discard()
            return ()
        tell("judging")
        judgement = judge(ctx, tx, now)
    from riskcockpit.services.alerting import after_publish  # noqa: PLC0415 - heavy, published first
    from riskcockpit.services.endings import record_endings  # noqa: PLC0415 - cryptography loads

    try:
        why_not = record_evaluation(ctx, judgement, ctx.clock.now()) or record_endings(ctx)
    except BusyError as error:  # the facts are published; the next evaluation is signed again
        why_not = error.message
    told = after_publish(ctx)
    return (f"this import is not in the ledger: {why_not}", *told) if why_not else told


def _quiet(_text: str) -> None:
    """Tell nobody."""
