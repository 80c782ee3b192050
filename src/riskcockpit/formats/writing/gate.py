"""What a gate came to, for those who read it: JUnit XML for CI systems, Markdown for reviewers.

JUnit: a suite for each rule, a failed case for each finding that counts against it, as Jenkins and
GitLab read it. Markdown: short enough for a comment on a pull request.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.untrusted import as_markdown, clean_line
from riskcockpit.views.findings import FindingRow
from riskcockpit.views.gate import GateDemandView, GateRuleView, GateView

MOST_LINES = 50
"""Findings of a rule in a comment; services take 65,536 characters of one."""
_MOST_CHARACTERS = 160


def junit(view: GateView) -> bytes:
    """Return the JUnit document: failures are broken rules, errors are files nobody could read."""
    root = Element("testsuites", name="riskcockpit gate")
    for rule in view.rules:
        _suite(root, view, rule.id, list(_cases(rule)))
    for demand in view.demands:
        _suite(root, view, demand.id, list(_demand_cases(demand)))
    unread = [file for file in view.files if file.error]
    if unread:
        cases = [_case("reports", file.path, "error", file.error, file.hint) for file in unread]
        _suite(root, view, "reports", cases)
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    indent(root, " ")
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def markdown(view: GateView) -> bytes:
    """Return the summary; whatever a report says is shown as it is, never acted upon."""
    return ("\n".join(_lines(view)) + "\n").encode()


def _suite(root: Element, view: GateView, name: str, cases: list[Element]) -> None:
    suite = SubElement(root, "testsuite", name=name, timestamp=rfc3339(view.at))
    suite.extend(cases)
    suite.set("tests", str(len(cases)))
    for key, tag in (("failures", "failure"), ("errors", "error")):
        suite.set(key, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("skipped", "0")


def _cases(rule: GateRuleView) -> Iterator[Element]:
    if rule.is_passed:
        yield _case(rule.id, rule.title)
        return
    for row in rule.findings:
        name = f"{row.title} ({row.location})" if row.location else row.title
        message = f"{row.severity.word}: {row.title}"
        body = f"{rule.title}\n{_facts(row)}\n{rule.hint}"
        yield _case(f"{row.tool}.{row.rule}", name, "failure", message, body, row=row)
    if (more := rule.matched - len(rule.findings)) > 0:
        yield _case(rule.id, f"{more} more findings", "failure", rule.title, rule.hint)


def _demand_cases(demand: GateDemandView) -> Iterator[Element]:
    if demand.is_passed:
        yield _case("scans", demand.title)
    for why in demand.failures:
        yield _case("scans", demand.title, "failure", why)


def _case(
    owner: str,
    name: str,
    outcome: str = "",
    message: str = "",
    body: str = "",
    *,
    row: FindingRow | None = None,
) -> Element:
    case = Element("testcase", classname=_xml(owner), name=_xml(name), time="0")
    if row is not None and row.path:
        case.set("file", _xml(row.path))
        if row.line is not None:
            case.set("line", str(row.line))
    if outcome:
        SubElement(case, outcome, message=_xml(message)).text = "\n".join(
            _xml(line) for line in body.splitlines()
        )
    return case


def _xml(text: str) -> str:
    """Return one line of characters that XML may hold; the writer escapes the rest."""
    return clean_line(text).replace("￾", "�").replace("￿", "�")


def _facts(row: FindingRow) -> str:
    parts = (row.id, row.location, f"{row.tool} {row.rule}", row.vulnerability, row.owner)
    return " · ".join(part for part in parts if part)


def _lines(view: GateView) -> Iterator[str]:
    yield f"### riskcockpit gate: {'passed' if view.is_passed and not view.unread else 'failed'}"
    yield ""
    yield "| | rule | counts | at most | in the baseline |"
    yield "| --- | --- | ---: | ---: | ---: |"
    held = "?" if view.unread else "pass"  # of what was read; what was not is no pass
    for rule in view.rules:
        sign = held if rule.is_passed else "**FAIL**"
        known = rule.known if view.baseline else "-"
        title = as_markdown(rule.title)
        yield f"| {sign} | {title} | {rule.matched} | {rule.most} | {known} |"
    for demand in view.demands:
        sign = held if demand.is_passed else "**FAIL**"
        yield f"| {sign} | {as_markdown(demand.title)} | {len(demand.failures)} | 0 | - |"
    for rule in view.rules:
        if not rule.is_passed:
            yield from _broken(rule)
    yield from _told(view)


def _broken(rule: GateRuleView) -> Iterator[str]:
    yield ""
    yield f"**{as_markdown(rule.title)}** {as_markdown(rule.hint)}".rstrip()
    yield ""
    yield "| severity | finding | where | tool, rule | id |"
    yield "| --- | --- | --- | --- | --- |"
    for row in rule.findings[:MOST_LINES]:
        texts = (row.severity.word, row.title, row.location, f"{row.tool} {row.rule}", row.id[:12])
        yield "| " + " | ".join(as_markdown(text[:_MOST_CHARACTERS]) for text in texts) + " |"
    if (more := rule.matched - min(len(rule.findings), MOST_LINES)) > 0:
        yield ""
        yield f"… and {more} more."


def _told(view: GateView) -> Iterator[str]:
    said = [f"{file.path} could not be read: {file.error}" for file in view.files if file.error]
    said += [why for demand in view.demands for why in demand.failures]
    said += view.notes
    if said:
        yield ""
        yield from (f"- {as_markdown(text)}" for text in said)
    yield ""
    compared = f", compared with {as_markdown(view.baseline)}" if view.baseline else ""
    policy = as_markdown(view.policy)
    yield f"{as_markdown(view.judged)}{compared}; rules of {policy}; {rfc3339(view.at)}"
