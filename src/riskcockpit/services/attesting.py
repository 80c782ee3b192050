"""Statements about deployments in an evidence export, and comparing them with what is known."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from riskcockpit.domain.control import ControlRow
from riskcockpit.errors import InputError
from riskcockpit.formats.writing.attestation import chain_document, envelope, pae, statement
from riskcockpit.services.evidence_files import Folder
from riskcockpit.services.tracing import chain_of, rows_of
from riskcockpit.views.evidence import EvidenceView, Reproduction

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.ledger.signing import Signer
    from riskcockpit.store.database import Reader
    from riskcockpit.views.trace import TraceView

PLACE = "attestations"
_SIGNED, _PLAIN = ".dsse.json", ".intoto.json"


def write_statements(
    folder: Folder,
    reader: Reader,
    view: EvidenceView,
    signer: Signer | None,
    tell: Callable[[str], None],
) -> int:
    """Write a statement for each deployment to production of the period; return how many.

    Each is in an envelope that the engineer signed; without a key it is the bare statement.
    """
    chosen = list(_chosen(reader, view))
    rows = _rows_about(view)
    for number, chain in enumerate(chosen, 1):
        tell(f"attesting deployment {number} of {len(chosen)}")
        about = [pair for pair in rows if _is_about(pair[1], chain)]
        payload = statement(chain, about, _context(view))
        name = f"{PLACE}/{chain.row.id}"
        if signer is None:
            folder.write(f"{name}{_PLAIN}", payload)
        else:
            signed = envelope(payload, signer.sign(pae(payload)), signer.fingerprint)
            folder.write(f"{name}{_SIGNED}", signed)
    return len(chosen)


def _chosen(reader: Reader, view: EvidenceView) -> Iterator[TraceView]:
    for row in rows_of(reader):
        if not view.since < row.at <= view.until:
            continue
        chain = chain_of(reader, row)
        names = {*(one.asset for one in chain.records), *(one.asset for one in chain.scans)}
        if not view.asset or view.asset in names:
            yield chain


def _rows_about(view: EvidenceView) -> Sequence[tuple[str, ControlRow]]:
    return [(control.id, row) for control in view.controls for row in control.rows]


def _is_about(row: ControlRow, chain: TraceView) -> bool:
    named = chain.row.id in row.dimensions.values()
    return named or row.resource == f"{chain.row.asset}: {chain.row.environment}"


def _context(view: EvidenceView) -> Mapping[str, Any]:
    return {
        "organisation": view.organisation,
        "generation": view.generation,
        "policy_digest": view.policy_digest,
        "results_digest": view.results_digest,
    }


def compared(reader: Reader, contents: Mapping[str, bytes]) -> Iterator[Reproduction]:
    """Yield for each statement of an export whether its chain is what the rows of the export say.

    Raises:
        InputError: a statement cannot be read.
    """
    known = {row.id: row for row in rows_of(reader)}
    for path in sorted(contents):
        if not path.startswith(f"{PLACE}/"):
            continue
        then = _predicate(path, contents[path])
        id_ = then.deployment["id"]
        recorded = {gap["link"] for gap in then.deployment["gaps"]}
        row = known.get(id_)
        found = {gap.link.value for gap in row.gaps} if row is not None else {"record"}
        now = {} if row is None else chain_document(chain_of(reader, row))
        yield Reproduction(
            control_id=f"deployment {id_}",
            recorded=_word(recorded),
            found=_word(found),
            differences=sum(now.get(key) != value for key, value in then.chain.items()),
        )


def _word(gaps: set[str]) -> str:
    return f"lacks {', '.join(sorted(gaps))}" if gaps else "traceable"


class _Predicate(msgspec.Struct, frozen=True):
    deployment: dict[str, Any]
    chain: dict[str, Any]


class _Statement(msgspec.Struct, frozen=True):
    predicate: _Predicate


class _Envelope(msgspec.Struct, frozen=True):
    payload: str


def _predicate(path: str, content: bytes) -> _Predicate:
    try:
        payload = content
        if path.endswith(_SIGNED):
            payload = b64decode(msgspec.json.decode(content, type=_Envelope).payload, validate=True)
        return msgspec.json.decode(payload, type=_Statement).predicate
    except (msgspec.DecodeError, ValueError) as error:
        raise InputError(f"{path} of the export is no statement about a deployment") from error
