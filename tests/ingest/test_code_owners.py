"""Who owns a path: the last rule that matches, as the forges say."""

from __future__ import annotations

import time

import pytest

from riskcockpit.ingest.code_owners import CodeOwners, is_usable

RULES = [
    ("*", ["@all"]),
    ("*.js", ["@js"]),
    ("/build/logs/", ["@logs"]),
    ("docs/*", ["@docs"]),
    ("apps/", ["@apps"]),
    ("/scripts", ["@scripts"]),
    ("**/vault", ["@vault"]),
    ("src/**/pay", ["@pay"]),
    ("/src/app.py", ["@first"]),
    ("/src/app.py", ["@second", "@third"]),
    ("!/src/app.py", ["@never"]),
    ("/vendor/", []),
    ("/src/[", ["@never"]),
    ("Makefile", ["@build"]),
    ("a b.txt", ["@blank"]),
]


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("README", ("@all",)),
        ("deep/in/a.js", ("@js",)),
        ("build/logs/x/y.log", ("@logs",)),
        ("other/build/logs/x.log", ("@all",)),
        ("build/logs", ("@all",)),
        ("docs/start.md", ("@docs",)),
        ("docs/build/deep.md", ("@all",)),
        ("other/docs/start.md", ("@all",)),
        ("x/apps/y/z.py", ("@apps",)),
        ("apps", ("@all",)),
        ("scripts/a/b.sh", ("@scripts",)),
        ("x/scripts/b.sh", ("@all",)),
        ("x/y/vault/key", ("@vault",)),
        ("src/pay/a.py", ("@pay",)),
        ("src/x/y/pay/a.py", ("@pay",)),
        ("src/app.py", ("@second", "@third")),
        ("src/app.pyc", ("@all",)),
        ("vendor/lib/a.py", ()),
        ("x/Makefile", ("@build",)),
        ("makefile", ("@all",)),
        ("a b.txt", ("@blank",)),
        ("src/\u00e9.js", ("@js",)),
    ],
)
def test_the_last_rule_that_matches_counts(path: str, owners: tuple[str, ...]) -> None:
    assert CodeOwners(RULES).of(path) == owners


def test_no_rule_no_owner() -> None:
    assert CodeOwners([]).of("a.py") == ()
    assert CodeOwners([("/x", ["@x"])]).of("y") == ()


def test_a_pattern_that_could_take_for_ever_is_not_used() -> None:
    hostile = "a*" * 30 + "b"
    assert not is_usable(hostile)
    assert not is_usable("**/a/" * 8 + "b")
    assert not is_usable("x" * 2_000)
    assert is_usable("*.spec.*.ts")
    start = time.process_time()
    assert CodeOwners([(hostile, ["@x"]), ("*", ["@y"])]).of("a" * 200) == ("@y",)
    assert time.process_time() - start < 60  # it would take longer than the world exists
