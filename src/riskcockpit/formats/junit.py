"""JUnit XML (Ant, Maven Surefire, pytest, Gradle and the tools that imitate them) → one scan.

A failed test is a finding: of data integrity when it is a test of data, of code otherwise. Tests
that passed or were skipped are evidence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from xml.etree.ElementTree import Element

from riskcockpit.domain.finding import ControlEvidence, FindingClass, Location, Observation
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.data_checks import DataCheck, Outcome, outcome_of
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.markup import parsed, record
from riskcockpit.formats.members import line_number
from riskcockpit.formats.moments import moment
from riskcockpit.formats.paths import normalise

TOOL = "JUnit"
MAX_OUTPUT = 4_000
"""How much of the output of a failed test is kept."""
_BAD = ("failure", "error", "rerunFailure", "rerunError")
_DATA = re.compile(
    r"(?:^|[\W_])(?:dbt|great_?expectations|soda|deequ|pandera|expect_\w+|schema_?tests?"
    r"|data[_-]?(?:tests?|quality|checks?|validation|integrity))(?:$|[\W_])",
    re.IGNORECASE,
)
"""By what words in its name, class or suite a test is one of data."""


@dataclass(frozen=True, slots=True)
class Test:
    """One test case and the suite that it stands in."""

    element: Element
    suite: str
    place: str


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a test report.

    Raises:
        FormatError: not well-formed XML, or beyond a limit.
    """
    with without_collection():
        root = parsed(content, "JUnit XML", options)
        gathering = Gathering()
        for test in _tests(root, options.redact):
            gathering.take(test.place, partial(_test, test, options))
        suites = list(root.iter("testsuite"))
        times = [found for each in suites if (found := moment(each.get("timestamp")))]
        scan = gathering.scan(TOOL, scanned_at=max(times, default=None), is_partial=not suites)
    return Report("junit", (scan,))


def _tests(root: Element, redact: Callable[[str], str]) -> Iterator[Test]:
    """Yield all tests in the order of the report, from suites in suites too."""
    waiting = [(root, "")]
    number = 0
    while waiting:
        element, suite = waiting.pop()
        name = wording.name(redact(element.get("name", ""))) or suite
        for child in element.findall("testcase"):
            yield Test(child, name, f"testcase[{number}]")
            number += 1
        waiting += [(child, name) for child in reversed(element.findall("testsuite"))]


def _test(test: Test, options: ReadOptions) -> Observation | ControlEvidence:
    name = wording.name(options.redact(test.element.get("name", "")))
    if not name:
        raise SkipRecordError("a test without a name")
    family = wording.name(options.redact(test.element.get("classname", ""))) or test.suite
    rule = wording.name(f"{family}.{name}" if family else name)
    bad = next((found for tag in _BAD if (found := test.element.find(tag)) is not None), None)
    if bad is None:
        skipped = test.element.find("skipped") is not None
        status = "not_applicable" if skipped else "pass"
        return ControlEvidence(TOOL, rule, status, test.suite, test.place)
    raw = record(test.element, options)
    message = wording.description(bad.get("message", "") or (bad.text or "").strip())
    about = (message, wording.cut((bad.text or "").strip(), MAX_OUTPUT))
    if _DATA.search(f"{test.suite} {family} {name}"):
        check = DataCheck(
            TOOL,
            Outcome.BROKEN if bad.tag.endswith("rror") else Outcome.FAILED,
            dataset=family or "data",
            monitor=test.suite or family,
            metric=name,
            title=f"Data test {name} failed{f' on {family}' if family else ''}",
            about=about,
        )
        return outcome_of(check, test.place, raw, options)
    grade = graded(TOOL, rule, "high", bad.tag, options)
    return Observation(
        finding_class=FindingClass.CODE,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"Test {rule} failed"),
        severity=grade.severity,
        record=test.place,
        description=wording.description("\n\n".join(dict.fromkeys(filter(None, about)))),
        severity_raw=bad.tag if grade.source == bad.tag else grade.raw,
        severity_source=grade.source,
        locations=_locations(test.element, options),
        raw=raw,
    )


def _locations(element: Element, options: ReadOptions) -> tuple[Location, ...]:
    """Return where the test is written; nothing when the report does not say."""
    path = normalise(element.get("file", ""), options.checkout_prefixes)
    return (Location(path, line_number(element.get("line", ""))),) if path else ()
