"""One SARIF run → one scan: each result becomes an observation, evidence, or a problem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import msgspec

from riskcockpit.domain.finding import (
    ControlEvidence,
    FindingClass,
    Observation,
    Package,
    Problem,
    Scan,
)
from riskcockpit.domain.sheet import Claims, Sheet
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import secrets, wording
from riskcockpit.formats.amending import decode_amended
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.documents import check_depth
from riskcockpit.formats.fingerprints import FingerprintReader
from riskcockpit.formats.repositories import repository
from riskcockpit.formats.sarif.addresses import at_address, is_scanner
from riskcockpit.formats.sarif.completeness import errors, is_successful, scanned_at
from riskcockpit.formats.sarif.locations import Locator
from riskcockpit.formats.sarif.messages import message_text
from riskcockpit.formats.sarif.model import (
    Component,
    LogicalLocation,
    Provenance,
    Result,
    Run,
    Suppression,
    Tool,
)
from riskcockpit.formats.sarif.own import completed, own_run
from riskcockpit.formats.sarif.packages import package_of
from riskcockpit.formats.sarif.rules import KnownRule, RuleBook
from riskcockpit.formats.sarif.severity import SeverityJudge, Verdict
from riskcockpit.formats.sarif.usual import Facet, UsualResults
from riskcockpit.formats.suspicion import redacted
from riskcockpit.formats.titles import Words, title_and_description
from riskcockpit.formats.vulnerabilities import cwe_numbers

EVIDENCE_KINDS = {
    "pass": "pass",
    "notApplicable": "not_applicable",
    "informational": "informational",
}
TRIAGE_KINDS = ("review", "open")
_BATCH = 512
"""Results that are read together."""
_DECODER = msgspec.json.Decoder(Result)
_VITAL = frozenset({"ruleId", "rule", "ruleIndex", "message", "locations"})
_NONE: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class _Content:
    """What is known of a result beside its fields."""

    message: str
    raw: bytes
    """Redacted."""
    place: str
    """Where in the report it stands."""
    secret_digest: str = ""
    is_secret: bool = False


class RunReader:
    """Reads the results of one run."""

    def __init__(self, run: Run, place: str, options: ReadOptions) -> None:
        tool = run.tool or Tool()
        driver = tool.driver or Component()
        self._run = run
        self._place = place
        self._options = options
        self._driver = driver
        self._logical = run.logical_locations or ()
        self._tool = wording.name(driver.name or "") or "unknown"
        self._rules = RuleBook(tool, run.invocations or (), place)
        self._locator = Locator(run, options.checkout_prefixes)
        self._judge = SeverityJudge(self._tool, options.severity_overrides)
        self._fingerprints = FingerprintReader()
        self._verdicts: dict[tuple[str, str | None, str | None, bool], Verdict] = {}
        self._is_secret_tool = secrets.is_secret_scanner(self._tool)
        self._is_outside = is_scanner(self._tool)
        self._sheet = Sheet(f"{place}.results")
        self._evidence: list[ControlEvidence] = []
        self._problems: list[Problem] = list(self._rules.problems)
        self._absent = 0
        self._own = own_run(bytes(run.properties)) if len(run.properties) else None

    def scan(self, results: Sequence[msgspec.Raw], flags: Sequence[bool]) -> Scan:
        """Read the `results` and return the scan; `flags` says which may hold a secret."""
        usual = UsualResults(
            self._facet, self._locator, self._fingerprints, self._options.max_depth
        )
        for start in range(0, len(results), _BATCH):
            batch, suspicions = results[start : start + _BATCH], flags[start : start + _BATCH]
            is_usual, columns = usual.read(batch, suspicions, start)
            done = 0
            unusual = [index for index, each in enumerate(is_usual) if not each]
            for before, index in enumerate(unusual):
                seen = self._alone(bytes(batch[index]), start + index, is_suspect=suspicions[index])
                if seen is not None:
                    self._sheet.extend(columns, done, index - before)
                    self._sheet.add(seen)
                    done = index - before
            self._sheet.extend(columns, done, len(columns.kind))
        return self._finish()

    def _facet(self, result: Result) -> Facet | None:
        """Return what `result` shares with those like it; None for what is to be read alone."""
        written = result.rule_id or (result.rule and result.rule.id) or ""
        is_alone = bool(self._own) or self._is_outside or result.baseline_state == "absent"
        if is_alone or not written.strip():
            return None
        rule = self._rules.find(result, "")
        is_secret = rule.is_secret or self._is_secret_tool
        if result.kind in EVIDENCE_KINDS or is_secret or rule.vulnerability_ids:
            return None
        seen = self._observation(result, rule, _Content("", b"", ""), ())
        return Facet(self._sheet.kind_of(seen), Words(rule.label, rule.about, rule.id))

    def _alone(self, raw: bytes, number: int, *, is_suspect: bool) -> Observation | None:
        """Read one result; None when it is no observation, of which note is taken here."""
        place = f"{self._place}.results[{number}]"
        try:
            check_depth(raw, self._options.max_depth)
            return self._read(raw, place, number, is_suspect=is_suspect)
        except SkipRecordError as fault:
            self._problems.append(Problem(place, fault.message))
            return None

    def _read(self, raw: bytes, place: str, number: int, *, is_suspect: bool) -> Observation | None:
        result = decode_amended(raw, _DECODER, _VITAL)
        if result.baseline_state == "absent":
            self._absent += 1
            return None
        status = EVIDENCE_KINDS.get(result.kind) if result.kind else None
        message = self._message(result)
        rule = self._rules.find(result, message)
        if status is not None:
            self._take_evidence(result, rule, status, place)
            return None
        digest = ""
        if is_secret := rule.is_secret or self._is_secret_tool:
            # the secret and the committer leave the record first
            raw, digest = astuple(secrets.without_secret(raw, self._options))
        elif is_suspect:
            raw = redacted(raw, self._options.redact)
        if is_secret or is_suspect:
            result = decode_amended(raw, _DECODER, _VITAL)
            message = self._message(result)
            rule = self._rules.find(result, message)
        content = _Content(message, raw, place, digest, is_secret=is_secret)
        return self._observed(result, rule, content, number)

    def _take_evidence(self, result: Result, rule: KnownRule, status: str, place: str) -> None:
        locations = self._locator.locations(result.locations or ())
        self._evidence.append(
            ControlEvidence(
                self._tool, rule.id, status, locations[0].path if locations else "", place
            )
        )

    def _observed(
        self, result: Result, rule: KnownRule, content: _Content, number: int
    ) -> Observation:
        claims = self._fingerprints.claims(result.fingerprints, result.partial_fingerprints, number)
        seen = self._observation(result, rule, content, claims)
        path = seen.locations[0].path if seen.locations else ""
        self._fingerprints.note((rule.id,), (path,), (claims,))
        if self._own:
            return completed(seen, bytes(result.properties))
        return at_address(seen) if self._is_outside and path else seen

    def _observation(
        self, result: Result, rule: KnownRule, content: _Content, claims: Claims
    ) -> Observation:
        text, message, is_secret = bytes(result.properties), content.message, content.is_secret
        properties = _properties(text) if len(text) > 2 else _NONE  # noqa: PLR2004 - `{}`
        verdict = self._verdict(rule, result, properties, is_secret=is_secret)
        ids, package = rule.vulnerability_ids, None
        if ids:
            package = self._package(result, rule, message, text)
        class_ = FindingClass.DEPENDENCY if package else FindingClass.CODE
        title, description = title_and_description(message, rule.label, rule.about, rule.id)
        return Observation(
            finding_class=FindingClass.SECRET if is_secret else class_,
            tool=self._tool,
            rule=rule.id,
            title=title,
            severity=verdict.severity,
            record=content.place,
            description=description,
            severity_raw=verdict.raw,
            severity_source=verdict.source,
            needs_triage=result.kind in TRIAGE_KINDS,
            is_suppressed=_is_suppressed(result.suppressions) if result.suppressions else False,
            locations=self._locator.locations(result.locations or ()),
            fingerprints=claims,
            vulnerability_ids=ids,
            package=package,
            resource=_logical_name(result, self._logical),
            secret_digest=content.secret_digest,
            cwes=_cwes(result, rule, properties) if properties or result.taxa else rule.cwes,
            cvss=_score(rule.score) if package else None,
            help_url=rule.help_url,
            raw=content.raw,
        )

    def _verdict(
        self, rule: KnownRule, result: Result, properties: Mapping[str, Any], *, is_secret: bool
    ) -> Verdict:
        if properties:
            return self._judge.judge(
                rule, result.level, result.kind, properties, is_secret=is_secret
            )
        key = (rule.id, result.level, result.kind, is_secret)
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = self._judge.judge(
                rule, result.level, result.kind, properties, is_secret=is_secret
            )
            self._verdicts[key] = verdict
        return verdict

    def _package(
        self, result: Result, rule: KnownRule, message: str, properties: bytes
    ) -> Package | None:
        texts = [properties.decode("utf-8", "replace"), *_logical_names(result, self._logical)]
        return package_of(message, rule.help_text, texts)

    def _message(self, result: Result) -> str:
        message = result.message
        if message is None:
            return ""
        by_id = message.id and not message.text
        strings = self._rules.find(result, "").messages if by_id else _NONE
        return message_text(message, strings)

    def _finish(self) -> Scan:
        run = self._run
        invocations = run.invocations or []
        if constant := self._fingerprints.constant():
            self._sheet.without_claims(constant)
        provenance = (run.version_control_provenance or [Provenance()])[0]
        driver = self._driver
        own = self._own
        return Scan(
            tool=self._tool,
            observations=self._sheet,
            evidence=tuple(self._evidence),
            problems=tuple(self._problems),
            absent=self._absent,
            tool_version=wording.name(driver.semantic_version or driver.version or ""),
            category=wording.name((run.automation_details and run.automation_details.id) or ""),
            asset=wording.name(own.asset) if own else repository(provenance.repository_uri or ""),
            branch=wording.name((own.branch if own else provenance.branch) or ""),
            scanned_at=scanned_at(invocations),
            is_successful=is_successful(invocations),
            tool_errors=tuple(errors(invocations)),
            is_partial=run.results is None or (own is not None and not own.complete),
            rules=self._enabled_rules(),
            distrusted=self._fingerprints.distrusted(),
        )

    def _enabled_rules(self) -> frozenset[str] | None:
        """Return the enabled rules; None when only the rules with a result are listed.

        Many tools list just those, and a list that shrinks with each fix says nothing.
        """
        listed = self._rules.enabled()
        seen = self._sheet.rules() | {item.rule for item in self._evidence}
        return frozenset(listed | seen) if listed - seen else None


def _properties(raw: bytes) -> Mapping[str, Any]:
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return _NONE
    return value if isinstance(value, dict) else _NONE


def _is_suppressed(entries: Sequence[Suppression]) -> bool:
    """Whether all suppressions are accepted; one without a status is."""
    return all(entry.status in (None, "accepted") for entry in entries)


def _cwes(result: Result, rule: KnownRule, properties: Mapping[str, Any]) -> tuple[int, ...]:
    texts = [
        f"CWE-{taxon.id}".replace("CWE-CWE-", "CWE-")
        for taxon in result.taxa or ()
        if taxon.tool_component is not None and taxon.tool_component.name == "CWE"
    ]
    texts += _texts(properties.get("tags"), properties.get("cwe"))
    return tuple(dict.fromkeys((*rule.cwes, *cwe_numbers(texts))))


def _texts(*values: Any) -> Iterator[str]:
    for value in values:
        yield from (
            item
            for item in (value if isinstance(value, list) else [value])
            if isinstance(item, str)
        )


def _logical_names(result: Result, known: Sequence[LogicalLocation]) -> Iterator[str]:
    for place in result.locations or ():
        for logical in place.logical_locations or ():
            yield logical.fully_qualified_name or logical.name or _listed_name(logical, known)


def _listed_name(logical: LogicalLocation, known: Sequence[LogicalLocation]) -> str:
    if logical.index is None or not 0 <= logical.index < len(known):
        return ""
    listed = known[logical.index]
    return listed.fully_qualified_name or listed.name or ""


def _logical_name(result: Result, known: Sequence[LogicalLocation]) -> str:
    """Return the name of the thing at fault when no file is given."""
    places = result.locations or ()
    physical = places[0].physical_location if places else None
    if not places or (physical is not None and physical.artifact_location is not None):
        return ""
    return wording.name(next(_logical_names(result, known), ""))


def _score(text: str) -> float | None:
    try:
        score = float(text)
    except ValueError:
        return None
    return score if 0 < score <= 10 else None  # noqa: PLR2004 - the scale of CVSS
