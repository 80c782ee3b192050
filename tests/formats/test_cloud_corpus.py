"""Cloud, Kubernetes, network and web reports of the public corpus: counts, and nothing crashes."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass
from riskcockpit.errors import FormatError
from riskcockpit.formats.registry import named, read_report
from riskcockpit.ingest.identity import identify
from support.corpus import CORPUS, IS_AT_HAND, faults, raw_records, read_sample, samples
from support.sarif_logs import OPTIONS

pytestmark = pytest.mark.skipif(not IS_AT_HAND, reason="the shared corpus is not at hand")

FORMATS = {
    "asff": ("asff",),
    "awssecurityhub": ("asff",),
    "aws_inspector2": ("aws-inspector",),
    "aws_prowler_v3plus": ("ocsf", "prowler"),
    "azure_security_center_recommendations": ("azure-recommendations",),
    "kubescape": ("kubescape",),
    "kubebench": ("kube-bench",),
    "prowler": ("ocsf", "prowler"),
    "trivy_operator": ("trivy-operator",),
    "zap": ("zap",),
    "burp": ("burp",),
    "nuclei": ("nuclei",),
    "tenable": ("nessus", "tenable-csv"),
    "qualys": ("qualys-csv", "qualys-xml"),
    "nmap": ("nmap",),
}
SAY_NOTHING = frozenset(
    {
        "aws_prowler_v3plus/no_vuln.ocsf.json",
        "prowler/prowler_zero_vul.json",
        "nuclei/no_findings.json",
    }
)
"""Empty, or a bare `[]`: no content says what wrote them."""
ONLY_EVIDENCE = frozenset({"awssecurityhub/config_many_findings.json"})
"""Records whose checks passed, which the corpus counts: they are evidence, not findings."""
EXPECTED = raw_records()
OURS = [path for path in samples(*FORMATS) if path not in SAY_NOTHING]


@pytest.mark.parametrize("path", OURS)
def test_a_sample_has_the_records_the_corpus_counts(path: str) -> None:
    report = read_sample(path)
    assert report.format in FORMATS[path.partition("/")[0]]
    assert [problem for scan in report.scans for problem in scan.problems] == []
    if path in ONLY_EVIDENCE:
        assert sum(len(scan.evidence) for scan in report.scans) == EXPECTED[path]
    else:
        assert sum(map(faults, report.scans)) == EXPECTED[path]


@pytest.mark.parametrize("path", sorted(SAY_NOTHING & set(EXPECTED)))
def test_a_file_that_says_nothing_is_refused(path: str) -> None:
    with pytest.raises(FormatError) as caught:
        read_sample(path)
    assert caught.value.hint


@pytest.mark.parametrize("path", OURS)
def test_what_leaves_a_reader_can_be_identified_and_kept(path: str) -> None:
    for scan in read_sample(path).scans:
        assert scan.tool
        identities = identify(scan.asset or "somewhere", scan.observations)
        assert len(set(identities.keys)) == len(scan.observations)
        for seen in scan.observations:
            assert isinstance(json.loads(seen.raw), dict)
            assert seen.rule
            assert seen.title
            assert seen.record
            if seen.finding_class is FindingClass.DEPENDENCY:
                assert seen.package is not None


ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    "",
    "x",
    "<p>",
    "http://[::1",
    "9" * 30,
    [],
    {},
    [None],
    [[1]],
    {"a": ["x"]},
)
"""Values of types that no version of any tool wrote there."""


def places(value: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the way to everything in a JSON value; of long lists to the first elements only."""
    if path:
        yield path
    pairs = value.items() if isinstance(value, dict) else ()
    for key, item in [*pairs, *(enumerate(value[:3]) if isinstance(value, list) else ())]:
        yield from places(item, *path, key)


def with_odd(content: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """Return JSON with the value at `path` replaced."""
    changed = copy.deepcopy(content)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = odd
    return changed


@pytest.mark.parametrize("path", [path for path in OURS if path.endswith(".json")])
def test_no_value_of_another_type_crashes_a_reader_or_identity(path: str) -> None:
    content = documents(path)[0]
    name = read_sample(path).format
    ways = list(places(content))
    for number, way in enumerate(ways[:: max(1, len(ways) // 60)]):
        raw = json.dumps(with_odd(content, way, ODD[number % len(ODD)])).encode()
        try:
            report = named(name).read(raw, OPTIONS)
        except FormatError:
            continue
        for scan in report.scans:
            identify(scan.asset or "somewhere", scan.observations)
            assert all(seen.rule and seen.title for seen in scan.observations)


SECRET = "AKIA" + "QWERTYUIOPASDFGH"
DIRT = "\u202ehidden\u200b"
LONG = 20
"""Characters from which a text is prose: shorter ones may be words that a reader must know."""


def documents(path: str) -> list[Any]:
    """Return the JSON documents of a sample."""
    text = (CORPUS / "scans" / path).read_text("utf-8")
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def soiled_value(value: Any, what: str) -> Any:
    """Return JSON with `what` in the middle of all its longer texts."""
    if isinstance(value, dict):
        return {key: soiled_value(item, what) for key, item in value.items()}
    if isinstance(value, list):
        return [soiled_value(item, what) for item in value]
    if isinstance(value, str) and len(value) > LONG:
        return f"{value[:LONG]} {what} {value[LONG:]}"
    return value


def soiled(path: str, what: str) -> bytes:
    """Return a sample with `what` in the middle of all its longer texts."""
    if path.endswith(".json"):
        found = (json.dumps(soiled_value(document, what)) for document in documents(path))
        return "\n".join(found).encode()
    text = (CORPUS / "scans" / path).read_text("utf-8-sig")
    if path.endswith(".xml"):
        return re.sub(rf">([^<>&\]\[]{{{LONG}}})", rf">\1 {what} ", text).encode()
    head, line, rows = text.partition("\n")
    words = re.compile("([a-z]{4} [a-z]{4,9} [a-z]+)")
    return f"{head}{line}{words.sub(rf'{chr(92)}1 {what} ', rows)}".encode()


@pytest.mark.parametrize("path", OURS)
def test_neither_secrets_nor_hidden_characters_leave_a_reader(path: str) -> None:
    name = read_sample(path).format
    for what in (SECRET, DIRT):
        report = named(name).read(soiled(path, what), OPTIONS)
        for scan in report.scans:
            for seen in scan.observations:
                assert SECRET not in repr(seen)
                shown = repr(dataclasses.replace(seen, raw=b""))
                assert not re.search(r"\\u202e|\\u200b|[\u202e\u200b]", shown)


def damaged(content: bytes) -> Iterator[bytes]:
    """Yield the content cut off, with bytes changed, and with a part left out."""
    step = max(1, len(content) // 10)
    for length in range(1, len(content), step):
        yield content[:length]
    for index in range(step // 2, len(content), step):
        for byte in (b"\x00", b"\xff", b'"', b"<", b"["):
            yield content[:index] + byte + content[index + 1 :]
        yield content[:index] + content[index + step // 3 + 1 :]


@pytest.mark.parametrize("path", OURS)
def test_no_damage_crashes_a_reader(path: str) -> None:
    content = (CORPUS / "scans" / path).read_bytes()
    if len(content) > 100_000:
        content = content[:50_000] + content[-50_000:]
    for broken in damaged(content):
        try:
            report = read_report(broken, OPTIONS)
        except FormatError as error:
            assert error.message
        else:
            assert report.scans


def test_prowlers_forms_of_one_run_give_the_same_findings_of_one_scope() -> None:
    found = []
    for form in ("asff", "ocsf"):
        content = (CORPUS / "scanner-output" / f"prowler.{form}.json").read_bytes()
        (scan,) = read_report(content, OPTIONS).scans
        assert (len(scan.observations), len(scan.evidence)) == (25, 12)
        scope = (scan.tool, scan.asset, scan.category)
        found.append((scope, set(identify(scan.asset, scan.observations).keys)))
    assert found[0] == found[1]
