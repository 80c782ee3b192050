"""pip-audit's JSON → one scan: `dependencies`, or the bare list of version 1.

A dependency that was skipped was not checked: the report is not complete then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import ControlEvidence, Observation, Package, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.advisories import Advisory, vulnerable
from riskcockpit.formats.amending import decode_amended
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import NOTHING, Members, viewed
from riskcockpit.formats.suspicion import checked
from riskcockpit.formats.vulnerabilities import split_name

TOOL = "pip-audit"
CLEAN_RULE = "known-vulnerabilities"
"""What a package without vulnerabilities passed."""


class Dependency(msgspec.Struct, gc=False):
    """One package: its vulnerabilities still raw, or why it was not checked."""

    name: str
    version: Members = NOTHING
    vulns: list[Raw] | None = None
    skip_reason: str | None = None


class Document(msgspec.Struct, gc=False):
    """The form of version 2."""

    dependencies: list[Raw]


class Vulnerability(msgspec.Struct, gc=False):
    """One vulnerability of one package."""

    id: str
    aliases: Members = NOTHING
    fix_versions: Members = NOTHING
    description: Members = NOTHING


_FORMS = msgspec.json.Decoder(Document | list[Raw], dec_hook=viewed)
_DEPENDENCY = msgspec.json.Decoder(Dependency, dec_hook=viewed)
_VULNERABILITY = msgspec.json.Decoder(Vulnerability, dec_hook=viewed)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a pip-audit report of either form.

    Raises:
        FormatError: not pip-audit's, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _FORMS.decode, "pip-audit JSON")
        scans = [
            _scan(form if isinstance(form, list) else form.dependencies, options) for form in forms
        ]
    return Report("pip-audit", (*scans, *unread(TOOL, documents)), documents.notes)


def _scan(dependencies: Sequence[Raw], options: ReadOptions) -> Scan:
    gathering = Gathering()
    unchecked: list[str] = []
    for number, raw in enumerate(dependencies):
        place = f"dependencies[{number}]"
        try:
            dependency = decode_amended(raw, _DEPENDENCY, frozenset({"name", "vulns"}))
        except SkipRecordError as fault:
            gathering.trouble(place, fault.message)
            continue
        if dependency.vulns is None:
            why = options.redact(dependency.skip_reason or "the report does not say why")
            unchecked.append(wording.title(f"{dependency.name} was not checked: {why}"))
        _take(gathering, dependency, place, options)
    return gathering.scan(TOOL, tool_errors=tuple(unchecked))


def _take(gathering: Gathering, dependency: Dependency, place: str, options: ReadOptions) -> None:
    package = _package(dependency)
    for number, raw in enumerate(dependency.vulns or ()):
        where = f"{place}.vulns[{number}]"
        gathering.take(where, partial(_vulnerability, bytes(raw), package, where, options))
    if dependency.vulns == []:
        passed = ControlEvidence(TOOL, CLEAN_RULE, "pass", package.name, place)
        gathering.take(place, lambda: passed)


def _package(dependency: Dependency) -> Package:
    _, name = split_name("pypi", dependency.name)
    return Package("pypi", name, version=dependency.version.name())


def _vulnerability(raw: bytes, package: Package, place: str, options: ReadOptions) -> Observation:
    raw = checked(raw, options)
    found = decode_amended(raw, _VULNERABILITY, frozenset({"id"}))
    description = found.description.text()
    fixed = wording.name(", ".join(found.fix_versions.texts()))
    return vulnerable(
        TOOL,
        replace(package, fixed_version=fixed),
        Advisory(
            rule=found.id,
            grade=graded(TOOL, found.id, None, "severity", options),
            aliases=tuple(found.aliases.texts()),
            about=(description,),
            links=(f"https://osv.dev/vulnerability/{found.id}",),
        ),
        place,
        raw,
    )
