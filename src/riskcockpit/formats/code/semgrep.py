"""Semgrep's own JSON: findings in code, in dependencies, and secrets.

The supply-chain and the secrets product are scans of their own categories, so that a scan with
rules for code alone never closes what they found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import FindingClass, Observation, Package, Scan
from riskcockpit.domain.severity import Severity
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import Json, check_depth, decode_json
from riskcockpit.formats.forms import Form, forms, whole
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.package_types import purl_type
from riskcockpit.formats.paths import location
from riskcockpit.formats.prose import labelled
from riskcockpit.formats.secrets import secret_record_of
from riskcockpit.formats.titles import first_sentence, unwrapped
from riskcockpit.formats.vulnerabilities import cwe_numbers, split_name, vulnerability_ids

OPEN_ENGINE = "Semgrep OSS"
PRO_ENGINE = "Semgrep PRO"
"""The names by which Semgrep's SARIF calls itself: both forms are of one tool."""
SUPPLY_CHAIN = "supply-chain"
SECRETS = "secrets"
WORDS = {"info": Severity.LOW, "inventory": Severity.INFO, "experiment": Severity.INFO}
"""Semgrep's older `INFO` is its newer `LOW`."""
PLACEHOLDER = "requires login"
_PRO = re.compile(rb'"engine_kind"\s*:\s*"PRO"')
_VALIDATED = ("CONFIRMED_VALID", "CONFIRMED_INVALID", "VALIDATION_ERROR")
_QUOTES = ("lines", "metavars", "fix", "fixed_lines", "dataflow_trace", "extra_extra")
"""Members of `extra` that quote the code."""
_LOST = ("analysis_failed", "insufficient_permissions", "too_many_matches")
"""Reasons for which a file was skipped that nobody asked for."""


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `semgrep scan --json` or `semgrep ci --json`.

    Raises:
        FormatError: not Semgrep's, not JSON, or beyond a limit.
    """
    with without_collection():
        found, documents = forms(content, "Semgrep JSON")
        scans = [scan for form in found for scan in _Reader(form, options).scans()]
    return whole("semgrep", scans, documents)


@dataclass(slots=True)
class _Reader:
    form: Form
    options: ReadOptions
    tool: str = OPEN_ENGINE

    def scans(self) -> Iterator[Scan]:
        """Yield a scan for each kind of finding there is; at least one."""
        raws = self.form.records("results")
        self.tool = _engine(self.form, raws)
        groups = Groups(Group(self.tool))
        groups.take_all("results", raws, self._result)
        head = self.form.head("version", "paths", "skipped_rules", "errors", "time")
        errors = tuple(_errors(head, self.options))
        has_ended_well = bool(head.items("paths", "scanned")) and not errors
        yield from groups.scans(
            tool_version=head.name("version"),
            is_successful=True if has_ended_well else None,
            tool_errors=errors,
            rules=_rules(head),
        )

    def _result(self, raw: bytes, place: str) -> tuple[Group, Observation]:
        entry = record_of(raw, self.options)
        if isinstance(entry.at("extra", "sca_info"), dict):
            return Group(self.tool, category=SUPPLY_CHAIN), self._dependency(entry, place)
        if not _is_secret(entry):
            return Group(self.tool), self._code(entry, place)
        is_product = entry.word("extra", "validation_state") in _VALIDATED
        category = SECRETS if is_product else ""
        return Group(self.tool, category=category), self._secret(raw, place)

    def _grade(self, entry: Members, rule: str) -> Grade:
        score = entry.number("extra", "metadata", "security-severity")
        if score is not None and 0 <= score <= 10:  # noqa: PLR2004 - CVSS
            return graded(self.tool, rule, score, "extra.metadata.security-severity", self.options)
        word = entry.word("extra", "severity")
        return graded(self.tool, rule, word, "extra.severity", self.options, words=WORDS)

    def _code(
        self, entry: Members, place: str, digest: str = "", *, secret: bool = False
    ) -> Observation:
        rule = entry.text("check_id")
        claim = entry.text("extra", "fingerprint")
        lines = entry.text("extra", "lines")
        message = unwrapped(entry.text("extra", "message"))
        return observed(
            self.tool,
            rule,
            self._grade(entry, rule),
            message,
            record=place,
            raw=entry.raw,
            label=first_sentence(message),
            about=labelled("Confidence", entry.word("extra", "metadata", "confidence").lower()),
            help_url=_help_url(entry),
            finding_class=FindingClass.SECRET if secret else FindingClass.CODE,
            is_suppressed=entry.flag("extra", "is_ignored"),
            locations=location(
                entry.text("path"),
                self.options,
                line=entry.line("start", "line"),
                column=entry.line("start", "col"),
                end_line=entry.line("end", "line"),
                snippet="" if lines == PLACEHOLDER else wording.scalar(entry.at("extra", "lines")),
            ),
            fingerprints=(("matchBasedId/v1", wording.name(claim)),) if claim else (),
            secret_digest=digest,
            cwes=_cwes(entry),
        )

    def _secret(self, raw: bytes, place: str) -> Observation:
        """Read a found credential; what quotes the code leaves the record first."""
        check_depth(raw, self.options.max_depth)
        entry, digest = secret_record_of(
            msgspec.json.encode(_hiding(decode_json(raw))), self.options
        )
        return self._code(entry, place, digest, secret=True)

    def _dependency(self, entry: Members, place: str) -> Observation:
        rule = entry.text("check_id")
        match = entry.member("extra", "sca_info", "dependency_match")
        used = match.member("found_dependency")
        package = _package(entry, match, used)
        ids = vulnerability_ids(entry.text("extra", "metadata", "sca-vuln-database-identifier"))
        reached = "is" if entry.flag("extra", "sca_info", "reachable") else "is not known to be"
        kind = used.text("transitivity") or "dependency"
        message = unwrapped(entry.text("extra", "message"))
        lockfile = match.text("lockfile") or used.first("lockfile_path", "manifest_path")
        return observed(
            self.tool,
            rule,
            self._grade(entry, rule),
            message,
            record=place,
            raw=entry.raw,
            label=first_sentence(message),
            about=f"{package.name} {package.version} ({kind}): the faulty code {reached} reachable",
            help_url=_help_url(entry),
            finding_class=FindingClass.DEPENDENCY,
            is_suppressed=entry.flag("extra", "is_ignored"),
            locations=location(
                lockfile or entry.text("path"), self.options, line=used.line("line_number")
            ),
            vulnerability_ids=ids,
            package=package,
            cwes=_cwes(entry),
        )


def _engine(form: Form, raws: Sequence[Raw]) -> str:
    asked = form.head("engine_requested").text("engine_requested")
    if asked:
        return OPEN_ENGINE if asked.upper() == "OSS" else PRO_ENGINE
    return PRO_ENGINE if any(_PRO.search(raw) for raw in raws) else OPEN_ENGINE


def _is_secret(entry: Members) -> bool:
    """Whether the rule looks for credentials, by the product or by what it says of itself."""
    if entry.word("extra", "validation_state") in _VALIDATED:
        return True
    metadata = entry.member("extra", "metadata")
    marks = (*metadata.texts("technology"), *metadata.texts("vulnerability_class"))
    return any(mark.lower() in ("secrets", "hard-coded secrets") for mark in marks)


def _hiding(value: Json) -> Json:
    """Return a result whose `extra` names the quoted code as what holds the secret."""
    extra = value.get("extra") if isinstance(value, dict) else None
    if not isinstance(extra, dict):
        return value
    kept = {key: item for key, item in extra.items() if key not in _QUOTES}
    lines = extra.get("lines")
    if isinstance(lines, str) and lines.strip() not in ("", PLACEHOLDER):
        kept["match"] = lines
    return value | {"extra": kept}


def _package(entry: Members, match: Members, used: Members) -> Package:
    full = used.text("package") or match.text("dependency_pattern", "package")
    ecosystem = used.text("ecosystem") or match.text("dependency_pattern", "ecosystem")
    type_ = purl_type(ecosystem)
    namespace, name = split_name(type_, full)
    fixes = (fix.text(full) for fix in entry.members("extra", "metadata", "sca-fix-versions"))
    return Package(
        type_,
        name,
        namespace,
        version=used.name("version"),
        fixed_version=wording.name(next(filter(None, fixes), "")),
    )


def _cwes(entry: Members) -> tuple[int, ...]:
    return cwe_numbers(entry.texts("extra", "metadata", "cwe"))


def _help_url(entry: Members) -> str:
    metadata = entry.member("extra", "metadata")
    return next(
        filter(None, (metadata.first("shortlink", "source"), *metadata.texts("references"))), ""
    )


def _rules(head: Members) -> frozenset[str] | None:
    """Return the rules that ran, listed only with `--time`."""
    listed = head.items("time", "rules")
    names = {wording.name(item.text() or item.text("id")) for item in listed}
    return frozenset(names - {""}) or None


def _errors(head: Members, options: ReadOptions) -> Iterator[str]:
    """Yield what was not scanned though it should have been."""
    for error in head.members("errors"):
        if error.word("level").lower() != "info":
            path = f"{error.text('path')}: " if error.text("path") else ""
            what = error.text("message") or error.text("type") or "an error without a message"
            yield wording.title(options.redact(f"{path}{what}"))
    for rule in head.members("skipped_rules"):
        yield wording.title(f"rule {rule.text('rule_id')} was skipped")
    for skipped in head.members("paths", "skipped"):
        if skipped.text("reason").startswith(_LOST):
            yield wording.title(f"{skipped.text('path')} was skipped: {skipped.text('reason')}")
