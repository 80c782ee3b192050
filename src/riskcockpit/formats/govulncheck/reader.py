"""govulncheck's JSON → one scan: the stream of messages, and the one object of before version 1.

A finding is a pair of advisory and module; every further message about it adds a trace. Of the old
object every entry of `Vulns`, a vulnerable symbol, is one. Versions between those listed the
modules of an advisory below it, in an object or in messages called `vulnerability`.
"""

from __future__ import annotations

import re
from functools import partial

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import ControlEvidence, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents, decode_record
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.govulncheck.records import TOOL, Pair, old_entry, pair
from riskcockpit.formats.members import NOTHING, Members, each, record_of, viewed


class Message(msgspec.Struct, gc=False):
    """A message of the stream, or the old object; one member is there."""

    config: Members = NOTHING
    osv: Raw = Raw()
    finding: Raw = Raw()
    vulnerability: Raw = Raw()
    vulns: list[Raw] | None = msgspec.field(name="Vulns", default=None)
    modules: Members = msgspec.field(name="Modules", default=NOTHING)
    requires: Members = msgspec.field(name="Requires", default=NOTHING)


_NOTHING = (b"", b"null")
_HAS_MODULES = re.compile(rb'"[Mm]odules"\s*:\s*\[')
_OF_MODULE = (
    ("path", "Path"), ("found_version", "FoundVersion"), ("fixed_version", "FixedVersion"),
)  # fmt: skip
_FORMS = msgspec.json.Decoder(list[Raw] | Message, dec_hook=viewed)
_MESSAGE = msgspec.json.Decoder(Message, dec_hook=viewed)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a govulncheck report of any version.

    Raises:
        FormatError: not govulncheck's, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _FORMS.decode, "govulncheck JSON")
        reader = _Reader(options)
        for number, form in enumerate(forms):
            if isinstance(form, list):
                reader.take_all(form)
            else:
                reader.take(form, f"[{number}]")
        scan = reader.scan()
    return Report("govulncheck", (scan, *unread(TOOL, documents)), documents.notes)


class _Reader:
    """Gathers advisories and the pairs they are found in."""

    def __init__(self, options: ReadOptions) -> None:
        self._options = options
        self._gathering = Gathering()
        self._config = NOTHING
        self._advisories: dict[str, Members] = {}
        self._pairs: dict[tuple[str, str], Pair] = {}

    def take_all(self, raws: list[Raw]) -> None:
        """Read the messages of a list."""
        for number, raw in enumerate(raws):
            try:
                self.take(decode_record(raw, _MESSAGE), f"[{number}]")
            except SkipRecordError as fault:
                self._gathering.trouble(f"[{number}]", fault.message)

    def take(self, message: Message, place: str) -> None:
        """Read one message."""
        if message.config.value is not None:
            self._config = message.config
        if bytes(message.osv) not in _NOTHING:
            self._advisory(bytes(message.osv), f"{place}.osv")
        if bytes(message.finding) not in _NOTHING:
            self._finding(bytes(message.finding), f"{place}.finding")
        if bytes(message.vulnerability) not in _NOTHING:
            self._vulnerability(bytes(message.vulnerability), f"{place}.vulnerability")
        versions = _versions(message)
        for where, raw in each(message.vulns, "Vulns"):
            if _HAS_MODULES.search(raw):
                self._vulnerability(raw, where)
                continue
            self._gathering.take(where, partial(old_entry, raw, versions, where, self._options))

    def scan(self) -> Scan:
        """Return what was gathered; an advisory that was looked up and not found is evidence."""
        mode = self._config.text("scan_mode") or "source"
        for found in self._pairs.values():
            advisory = self._advisories.get(found.osv, NOTHING)
            self._gathering.take(
                found.place,
                partial(pair, found, advisory, self._options, is_source=mode == "source"),
            )
        hit = {osv for osv, _ in self._pairs}
        for id_ in sorted(self._advisories.keys() - hit):
            self._gathering.evidence.append(ControlEvidence(TOOL, wording.name(id_), "pass"))
        return self._gathering.scan(
            TOOL,
            tool_version=self._config.name("scanner_version"),
            category="" if mode == "source" else wording.name(mode),
        )

    def _advisory(self, raw: bytes, place: str) -> None:
        try:
            found = record_of(raw, self._options)
        except SkipRecordError as fault:
            self._gathering.trouble(place, fault.message)
            return
        self._advisories[found.text("id")] = found

    def _finding(self, raw: bytes, place: str) -> None:
        try:
            found = record_of(raw, self._options)
        except SkipRecordError as fault:
            self._gathering.trouble(place, fault.message)
            return
        key = found.text("osv"), found.text("trace", 0, "module")
        self._pairs.setdefault(key, Pair(*key, place)).findings.append(found)

    def _vulnerability(self, raw: bytes, place: str) -> None:
        """Read an advisory with the modules it was found in below it."""
        try:
            found = record_of(raw, self._options)
        except SkipRecordError as fault:
            self._gathering.trouble(place, fault.message)
            return
        advisory = found.member("osv") or found.member("OSV")
        id_ = advisory.text("id")
        self._advisories.setdefault(id_, Members(advisory.value, advisory.encoded()))
        modules = found.members("modules") or found.members("Modules")
        if not modules:
            self._gathering.trouble(place, "an advisory without modules")
        for number, module in enumerate(modules):
            path, version, fixed = (module.first(*names) for names in _OF_MODULE)
            told = {"osv": id_, "fixed_version": fixed}
            trace = {"module": path, "version": version}
            pair_ = self._pairs.setdefault((id_, path), Pair(id_, path, f"{place}.{number}"))
            pair_.findings.append(Members(told | {"trace": [trace]}))


def _versions(message: Message) -> dict[str, str]:
    """Return module → version, of the old object."""
    required = [one for _, one in message.requires.pairs("Modules")]
    return {
        one.text("Path"): one.text("Version") for one in (*required, *message.modules.members())
    }
