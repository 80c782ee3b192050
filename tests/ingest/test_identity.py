"""Keys: what is part of them, what never is, and what order does to them (nothing)."""

from __future__ import annotations

import random
from collections.abc import MutableSequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from riskcockpit.domain.finding import FindingClass, ModelSignal, Observation, Package
from riskcockpit.domain.ids import digest
from riskcockpit.domain.severity import Severity
from riskcockpit.ingest.fingerprints import _first_usable
from riskcockpit.ingest.identity import identify, key_parts
from riskcockpit.ingest.vulnerabilities import canonical, package_key, without_tag
from support.ingesting import at_line, at_path, code, dependency

PATHS = st.sampled_from(["src/a.py", "src/b.py", "lib/a.py", "\u00f6/a.py", ""])
RULES = st.sampled_from(["r1", "r2", "r/3"])
TEXTS = st.sampled_from(
    ["", "x = 1", "  x =  1", "run(query)", "\u00e9" * 300, "\ud800", "s" * 600]
)


class Reversing(random.Random):
    """Shuffles by turning around: the smallest change of order there is."""

    def shuffle(self, x: MutableSequence[Any]) -> None:
        x.reverse()


@st.composite
def runs(draw: st.DrawFn) -> list[Observation]:
    def one() -> Observation:
        return code(
            draw(RULES),
            draw(PATHS),
            draw(st.none() | st.integers(1, 6)),
            column=draw(st.integers(1, 3)),
            snippet=draw(TEXTS),
            fingerprint=draw(st.sampled_from(["", "f1", "f2", "requires login"])),
            severity=draw(st.sampled_from(list(Severity))),
        )

    return [one() for _ in range(draw(st.integers(0, 12)))]


@given(runs(), st.randoms(use_true_random=False))
@example([code("r1", "a.py", 1, fingerprint="requires login"), code("r1", "a.py", 1)], Reversing())
def test_the_order_of_a_report_never_matters(seen: list[Observation], rng: random.Random) -> None:
    shuffled = seen[:]
    rng.shuffle(shuffled)

    def places(observations: list[Observation]) -> list[tuple[str, object]]:
        keys = identify("bank", observations).keys
        return sorted(
            (key, (one.rule, one.locations, one.fingerprints, int(one.severity)))
            for key, one in zip(keys, observations, strict=True)
        )

    assert places(seen) == places(shuffled)


@given(runs())
def test_every_result_has_a_key_of_its_own_and_the_same_one_each_time(
    seen: list[Observation],
) -> None:
    keys = identify("bank", seen).keys
    assert len(set(keys)) == len(seen)
    assert identify("bank", seen).keys == keys


@given(runs())
def test_no_key_is_shared_between_assets_or_tools(seen: list[Observation]) -> None:
    ours = set(identify("bank", seen).keys)
    others = [replace(one, tool="other") for one in seen]
    assert not ours & set(identify("shop", seen).keys)
    assert not ours & set(identify("bank", others).keys)


@given(runs())
def test_a_key_is_the_digest_of_its_documented_parts(seen: list[Observation]) -> None:
    found = identify("bank", seen)
    for key, one, claim in zip(found.keys, seen, found.fingerprints, strict=True):
        parts = key_parts("bank", one, claim)
        assert any(key == digest((*parts, str(ordinal))) for ordinal in range(len(seen)))


def test_no_key_of_fp_v1_ever_changes() -> None:
    odd = ("", "x = 1", "\u00e9" * 300, "\ud800", "s" * 511, "s" * 600, " \t")
    seen = [
        code(rule, path, line, snippet=text, fingerprint=claim)
        for rule in ("r1", "r\u00e9")
        for path in ("src/a.py", "\u00f6/b.py", "")
        for line, text in enumerate(odd)
        for claim in ("", "f" * 20, "\u00fc", "requires login")
    ]
    seen += [dependency("CVE-2026-1"), dependency("CVE-2026-2")]
    keys = "".join(identify("bank", seen).keys).encode()
    told = "0a00642bff01746b39fa901c878b81e328bf3ffddb85e41359bda313e81fc0fa"
    assert sha256(keys).hexdigest() == told


@pytest.mark.parametrize(
    "changed",
    [
        replace(code(fingerprint="f"), severity=Severity.LOW, severity_raw="0.1"),
        replace(code(fingerprint="f"), title="other words", description="more prose"),
        at_line(code(fingerprint="f"), 99),
        replace(code(fingerprint="f"), record="runs[0].results[7]", raw=b"{}", cwes=(89,)),
    ],
)
def test_severity_prose_line_and_record_are_never_part_of_a_key(changed: Observation) -> None:
    key = identify("bank", [code(fingerprint="f")]).keys
    assert identify("bank", [changed]).keys == key


@pytest.mark.parametrize(
    "changed",
    [
        code("other-rule", fingerprint="f"),
        at_path(code(fingerprint="f"), "src/other.py"),
        code(fingerprint="g"),
    ],
)
def test_rule_path_and_fingerprint_are_part_of_a_key(changed: Observation) -> None:
    assert identify("bank", [changed]).keys != identify("bank", [code(fingerprint="f")]).keys


def test_one_value_on_all_results_of_a_run_is_not_trusted() -> None:
    seen = [code(f"rule-{n}", f"src/{n}.py", fingerprint="same for all") for n in range(9)]
    found = identify("bank", seen)
    assert len(set(found.keys)) == 9
    assert all(claim == ("", "") for claim in found.fingerprints)
    assert "same value on all 9" in found.distrusted[0]


def test_known_placeholders_are_no_fingerprints() -> None:
    for value in ("requires login", " ", "0", "None", "<finding_uid>"):
        seen = replace(code(), fingerprints=(("matchBasedId/v1", value),))
        assert identify("bank", [seen]).fingerprints == (("", ""),)


def test_a_method_that_collides_too_often_is_given_up_for_the_whole_run() -> None:
    seen = [code(line=n, fingerprint=f"f{n // 2}") for n in range(10)]
    found = identify("bank", seen)
    assert all(claim == ("", "") for claim in found.fingerprints)
    assert "5 of 10" in found.distrusted[0]


def test_a_refused_method_gives_way_to_the_next_claim() -> None:
    seen = [
        replace(
            code(f"rule-{n}", f"src/{n}.py"),
            fingerprints=(("matchBasedId/v1", "constant"), ("other/v1", f"f{n}")),
        )
        for n in range(5)
    ]
    assert {claim[0] for claim in identify("bank", seen).fingerprints} == {"other"}


def test_the_newest_version_of_a_method_wins_and_columns_and_commits_are_ignored() -> None:
    seen = replace(
        code(),
        fingerprints=(
            ("commitSha", "abc"),
            ("primaryLocationStartColumnFingerprint", "13"),
            ("ours/v1", "old"),
            ("ours/v2", "new"),
            ("primaryLocationLineHash", "best:1"),
        ),
    )
    assert identify("bank", [seen]).fingerprints == (("primaryLocationLineHash", "best:1"),)
    less = replace(seen, fingerprints=seen.fingerprints[:-1])
    assert identify("bank", [less]).fingerprints == (("ours", "new"),)


def test_indentation_of_a_snippet_does_not_matter() -> None:
    one, other = code(snippet="  run( query )"), code(snippet="\trun(query)")
    assert identify("bank", [one]).keys == identify("bank", [other]).keys


def test_a_dependency_is_known_by_its_vulnerability_and_package_not_by_its_version() -> None:
    one = dependency("GHSA-2222-3333-4444", "CVE-2024-7", name="Foo_Bar", version="1.0")
    other = dependency("cve-2024-0007", name="foo-bar", version="1.1")
    assert identify("bank", [one]).keys != identify("bank", [other]).keys
    same = dependency("CVE-2024-7000", "ghsa-2222-3333-4444", name="foo.bar", version="9")
    again = dependency("GHSA-2222-3333-4444", "cve-2024-7000", name="Foo-Bar", version="1")
    assert identify("bank", [same]).keys == identify("bank", [again]).keys


def test_an_image_package_is_known_by_its_layer_not_by_its_path() -> None:
    one = dependency("CVE-2024-1", path="app-1.0/site-packages", layer="lang")
    other = dependency("CVE-2024-1", path="app-1.1/site-packages", layer="lang")
    assert identify("img", [one]).keys == identify("img", [other]).keys


def test_a_new_tag_or_digest_is_the_same_image() -> None:
    names = ["reg:5000/pay/app:1.2", "reg:5000/pay/app:1.3", "reg:5000/pay/app@sha256:0123"]
    assert {without_tag(name) for name in names} == {"reg:5000/pay/app"}
    kept = ["https://pay.example:8443/x", "arn:aws:s3:::logs", "user@host", "payments"]
    assert [without_tag(name) for name in kept] == kept


def test_the_same_secret_is_the_same_finding_wherever_its_line_is() -> None:
    one = replace(code("aws-key"), finding_class=FindingClass.SECRET, secret_digest="d1")
    moved = at_path(at_line(one, 80), "deploy/env.sh")
    rotated = replace(one, secret_digest="d2")
    assert identify("bank", [one]).keys == identify("bank", [moved]).keys
    assert identify("bank", [one]).keys != identify("bank", [rotated]).keys


def test_urls_are_templates_and_values_of_parameters_do_not_matter() -> None:
    def seen(url: str) -> Observation:
        return replace(code("xss"), finding_class=FindingClass.DAST, locations=(), resource=url)

    one = identify("web", [seen("GET https://Pay.example/users/42/?q=1")]).keys
    assert identify("web", [seen("GET https://pay.example/users/7?q=zz")]).keys == one
    assert identify("web", [seen("POST https://pay.example/users/7?q=1")]).keys != one
    assert identify("web", [seen("GET https://pay.example/users/7?p=1")]).keys != one


def test_an_address_with_stray_brackets_is_still_a_finding() -> None:
    def seen(url: str) -> Observation:
        return replace(code("xss"), finding_class=FindingClass.DAST, locations=(), resource=url)

    both = [seen("GET http://[::1/users"), seen("tcp://[a.example:22")]
    assert len(set(identify("web", both).keys)) == 2


def test_a_cloud_finding_is_its_resource_and_its_check() -> None:
    one = replace(
        code("s3-public", "main.tf"), finding_class=FindingClass.CLOUD, resource="arn:aws:s3:::a"
    )
    assert identify("acc", [one]).keys == identify("acc", [at_path(one, "other.tf")]).keys
    assert identify("acc", [one]).keys != identify("acc", [replace(one, resource="b")]).keys


def test_a_monitor_is_model_metric_and_segment() -> None:
    signal = ModelSignal("fraud", "accuracy.threshold", "accuracy", "age>60")
    one = replace(code(), finding_class=FindingClass.MODEL, locations=(), signal=signal)
    other = replace(one, title="accuracy 0.7", signal=replace(signal, segment=""))
    assert identify("fraud", [one]).keys == identify("fraud", [replace(one, title="x")]).keys
    assert identify("fraud", [one]).keys != identify("fraud", [other]).keys


def test_cve_is_preferred_then_ghsa_then_the_vendor_and_the_oldest_of_a_kind() -> None:
    assert canonical(["RHSA-1", "GHSA-2222-3333-4444", "cve-2024-10"]) == "GHSA-2222-3333-4444"
    assert canonical(["CVE-2024-10000", "CVE-2023-99999", "GHSA-x"]) == "CVE-2023-99999"
    assert canonical(["CVE-2024-10000", "CVE-2024-9999"]) == "CVE-2024-9999"
    assert canonical([]) == ""


def test_packages_are_named_as_package_urls_name_them() -> None:
    assert package_key(Package("python-pkg", "Ruamel.YAML")) == ("pypi", "", "ruamel-yaml")
    assert package_key(Package("npm", "@Angular/Core")) == ("npm", "@angular", "core")
    assert package_key(Package("maven", "org.apache:Log4j")) == ("maven", "org.apache", "Log4j")


@pytest.mark.parametrize("address", ["http://[::1", "GET http://[", "//]/x", "http://a:b/\udc80"])
def test_an_address_that_is_none_is_told_apart_all_the_same(address: str) -> None:
    seen = [
        code("r", finding_class=FindingClass.DAST, resource=resource, locations=())
        for resource in (address, f"{address}2")
    ]
    assert len(set(identify("bank", seen).keys)) == 2


CLAIMS = st.sampled_from(
    ["0123456789abcdef:1", "0123456789abcdef:2", "fedcba9876543210", "short", "n/a", "<any words>",
     " a value behind a blank", ""]
)  # fmt: skip
LONG = st.text("0123456789abcdef:", min_size=15, max_size=20)


@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from(["hash/v1", "hash/v1", "hash/v2", "other"]), LONG | CLAIMS),
            max_size=2,
        ),
        max_size=6,
    ),
    st.sampled_from([{}, {"hash": "constant"}]),
)
def test_claims_that_are_alike_are_chosen_as_each_alone(
    rows: list[list[tuple[str, str]]], refused: dict[str, str]
) -> None:
    claims = [tuple(row) for row in rows]
    apart = [_first_usable([row, ()], refused)[0] for row in claims]  # two rows that differ
    assert _first_usable(claims, refused) == apart
