"""Judging an evidence export again: its rows into an empty home, its controls over them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from riskcockpit.config.paths import make_private
from riskcockpit.controls.overrides import overridden
from riskcockpit.controls.pack import Control, Packs, digest, load
from riskcockpit.controls.run import evaluate
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.control import ControlResult
from riskcockpit.errors import InputError, LedgerError
from riskcockpit.ledger.armor import EVIDENCE
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.signers import FILE_NAME as SIGNERS
from riskcockpit.ledger.signing import load_signers, prove
from riskcockpit.ledger.verify import examine
from riskcockpit.ledger.wire import BadSignatureError
from riskcockpit.services.attesting import compared
from riskcockpit.services.chains import settle_chains
from riskcockpit.services.context import Context
from riskcockpit.services.evidence_files import INDEX, MANIFEST, RESULTS
from riskcockpit.services.judging import transcript, write_controls
from riskcockpit.services.projection import project_ledger
from riskcockpit.services.record import weighed
from riskcockpit.store.guard import CACHE_TABLES
from riskcockpit.views.evidence import EvidenceRead, Reproduction

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.store.database import Writer

_SCHEMA = "riskcockpit.evidence/1"


class _IndexedControl(msgspec.Struct, frozen=True):
    id: str
    verdict: str
    at: str | None = None
    """When it was judged; it may stand from before `until`."""


class _Index(msgspec.Struct, frozen=True):
    """What of `evidence.json` is needed here."""

    schema: str
    organisation: str
    until: str
    controls_digest: str
    kpis_digest: str
    results_digest: str
    controls: tuple[_IndexedControl, ...]
    inputs: dict[str, int]
    signed_by: str = ""
    """Who signed the list of files; empty: nobody."""
    evaluation: str = ""
    """Hash of the entry that signed the results; empty: nobody did."""


def import_evidence(ctx: Context, directory: Path, tell: Callable[[str], None]) -> EvidenceRead:
    """Read an export into this empty home, judge it again, and say what differs.

    The ledger and the inputs become those of this home, so that everything can be looked at.

    Raises:
        InputError: the directory is no export, was changed, is not signed by whom it names, or this
            home is not empty.
        LedgerError: the ledger of the export does not verify.
    """
    if ctx.store.generation() or (ctx.paths.ledger / "chains").exists():
        raise InputError(
            "this home is not empty: its cache or its ledger would be lost",
            hint="set RISKCOCKPIT_HOME to a new directory",
        )
    tell("comparing the files with their list")
    contents = _contents(directory)
    index = _index(contents)
    if sha256(contents[RESULTS]).hexdigest() != index.results_digest:
        raise InputError("the results are not those that the index names")
    ledger = weighed(directory / "ledger", examine(directory / "ledger", ctx.clock.now()))
    if not ledger.report.is_ok:
        first = ledger.report.problems[0]
        raise LedgerError(f"the ledger of the export does not verify: {first.chain}: {first.why}")
    _check_list(directory, index)
    _check_evaluation(index, ledger.entries)
    controls = _controls(directory, index)
    make_private(ctx.paths.ledger.parent)
    shutil.copytree(directory / "ledger", ctx.paths.ledger, dirs_exist_ok=True)
    now = parse_utc(index.until)
    with ctx.store.writer() as tx:
        _fill(tx, contents, index)
        tell("judging again")
        results = _judged(tx, controls, index, now)
        write_controls(tx, controls, results)
        if "ledger_entry" not in index.inputs:
            project_ledger(ctx, tx, now)
        tell("following the chains of deployments again")
        settle_chains(tx, now)
        deployments = tuple(compared(tx, contents))
        generation = tx.generation
    controls_again = tuple(_compared(results, contents[RESULTS], index))
    return EvidenceRead(
        directory, generation, ledger.report.entries, controls_again, deployments,
        index.signed_by, is_signed=bool(index.evaluation),
    )  # fmt: skip


def _contents(directory: Path) -> dict[str, bytes]:
    """Return the files that the list names, each with the digest it has there."""
    try:
        listed = (directory / MANIFEST).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{directory} is no evidence export: {error}", hint="`riskcockpit evidence export`"
        ) from error
    found: dict[str, bytes] = {}
    for line in listed:
        expected, _, path = line.partition("  ")
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or not path:
            raise InputError(f"the list of files names {path!r}, which is not below it")
        file = directory / pure
        try:
            if file.is_symlink():
                raise InputError(f"{path} is a link; an export has none")
            found[path] = file.read_bytes()
        except OSError as error:
            raise InputError(f"{path} of the export cannot be read: {error.strerror}") from error
        if sha256(found[path]).hexdigest() != expected:
            raise InputError(f"{path} is not what the list of files says", hint="it was changed")
    present = {str(f.relative_to(directory)) for f in directory.rglob("*") if not f.is_dir()}
    if strange := min(present - found.keys() - {MANIFEST, f"{MANIFEST}.sig"}, default=""):
        raise InputError(f"{strange} is not in the list of files", hint="it was added afterwards")
    return found


def _index(contents: Mapping[str, bytes]) -> _Index:
    try:
        index = msgspec.json.decode(contents[INDEX], type=_Index)
    except (KeyError, msgspec.DecodeError) as error:
        raise InputError(f"{INDEX} of the export cannot be used: {error}") from error
    if index.schema != _SCHEMA:
        raise InputError(
            f"the export is of the kind {index.schema}, this reads {_SCHEMA}",
            hint="read it with the riskcockpit that made it",
        )
    if unknown := set(index.inputs) - CACHE_TABLES:
        raise InputError(f"the export has rows for {min(unknown)}, which is no table here")
    missing = {RESULTS, *(f"inputs/{table}.parquet" for table in index.inputs)} - set(contents)
    if missing:
        raise InputError(f"{min(missing)} is not among the listed files")
    return index


def _check_list(directory: Path, index: _Index) -> None:
    """See that whom the index names has signed the list, by the signers of the export itself."""
    signature = directory / f"{MANIFEST}.sig"
    if not index.signed_by and not signature.exists():
        return
    start = f"the list of files is not signed by {index.signed_by or 'whom it should be'}"
    try:
        made = prove((directory / MANIFEST).read_bytes(), signature.read_text("ascii"), EVIDENCE)
    except (OSError, UnicodeDecodeError, BadSignatureError) as error:
        raise InputError(f"{start}: {error}", hint="`sh verify.sh` in it names faults") from error
    signers = load_signers(directory / "ledger" / SIGNERS)
    if not signers.may_ever(index.signed_by, made.key, EVIDENCE):
        raise InputError(f"{start} but with {made.fingerprint}", hint="ask who exported it")


def _check_evaluation(index: _Index, entries: Iterable[Entry]) -> None:
    """See that results and policy are those that the evaluation in the ledger names."""
    if not index.evaluation:
        return
    signed = next((entry.data for entry in entries if entry.hash == index.evaluation), {})
    policy = sha256(f"{index.controls_digest} {index.kpis_digest}".encode()).hexdigest()
    wanted = {"results_digest": index.results_digest, "policy_digest": policy}
    for name, digest_ in wanted.items():
        if signed.get(name) != digest_:
            what = name.partition("_")[0]
            raise InputError(
                f"the {what} of the export is not what the ledger signed",
                hint="`sh verify.sh` in it names faults",
            )


def _controls(directory: Path, index: _Index) -> tuple[Control, ...]:
    homes = [directory / "policy" / home for home in ("shipped", "own")]
    controls = load(*(home for home in homes if home.is_dir()))
    if digest(controls) != index.controls_digest:
        raise InputError("the controls of the export are not those that the index names")
    wanted = {one.id for one in index.controls}
    own = directory / "policy" / "own"
    in_force = overridden(Packs(controls), own, index.organisation)
    return tuple(control for control in in_force.controls if control.id in wanted)


def _judged(
    tx: Writer, controls: tuple[Control, ...], index: _Index, until: datetime
) -> tuple[ControlResult, ...]:
    """Judge each control for the moment it was judged for."""
    moments = {one.id: parse_utc(one.at) if one.at else until for one in index.controls}
    found = {
        result.control_id: result
        for moment in sorted(set(moments.values()))
        for result in evaluate(tx, [c for c in controls if moments[c.id] == moment], moment)
    }
    return tuple(found[control.id] for control in controls)


def _fill(tx: Writer, contents: Mapping[str, bytes], index: _Index) -> None:
    from riskcockpit.store.parquet import fill_from_parquet  # noqa: PLC0415 - it imports pyarrow

    for table in sorted(index.inputs):
        name = f"inputs/{table}.parquet"
        rows = fill_from_parquet(tx, table, contents[name], name)
        if rows != index.inputs[table]:
            raise InputError(f"{name} has {rows} rows, the index says {index.inputs[table]}")


def _compared(
    results: tuple[ControlResult, ...], recorded: bytes, index: _Index
) -> Iterator[Reproduction]:
    before = dict(_blocks(recorded))
    verdicts = {one.id: one.verdict for one in index.controls}
    for result in results:
        mine = b"".join(transcript([(result.control_id, result.verdict, result.rows)]))
        _, now = next(_blocks(mine))
        then = before.get(result.control_id, [])
        yield Reproduction(
            control_id=result.control_id,
            recorded=verdicts[result.control_id],
            found=result.verdict.value,
            differences=len(set(now) ^ set(then)) + abs(len(now) - len(then)),
        )


def _blocks(lines: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Yield (control, its lines) of a transcript; rows begin with a bracket, controls never do."""
    name, block = "", list[bytes]()
    for line in lines.splitlines():
        if line.startswith(b"["):
            block.append(line)
            continue
        if name:
            yield name, block
        name, block = line.partition(b" ")[0].decode(), [line]
    if name:
        yield name, block
