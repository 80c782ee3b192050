"""The two ways to read YAML come to the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from riskcockpit.config.settings import Settings
from riskcockpit.config.strict import Document, parse_document, read_yaml
from riskcockpit.errors import ConfigError

FILE = Path("any.yaml")
REPOSITORY = Path(__file__).resolve().parents[2]
PLAIN = (
    "",
    "--- \n...\n",
    "just words",
    "a: 1\nb: [x, 2.5, ~, true, no, 0x1f, 1_000, 12:30]\nc: {d: e}\n",
    "a: 2026-01-15T12:00:00Z\nb: 2026-01-15\nc: '2026-01-15'\n",
    'quoted: "1"\nfolded: >-\n  one\n  two\nliteral: |\n  one\n  two\n',
    "1: one\ntrue: yes\n~: nothing\n2026-01-15: day\n",
    "- - 1\n  - {}\n- []\n- a:\n  - b:\n",
    "a:\nb: ''\n? c\n: d\n",
)
UNUSUAL = (
    "a: !!str 1\nb: !!set {x, y}\n",
    "a: &there 1\n",
    "base: {a: 1}\nc:\n  <<: {a: 2, b: 3}\n",
    "!!map {a: 1}",
)
REFUSED = (
    "a: &x 1\nb: *x\n", "a: *nowhere\n", "a: 1\n---\nb: 2\n", "a: [1\n", "a: b: c\n", "\t- x\n",
    "a: !!python/object:os.system x\n", "? {a: b}\n: c\n", "? [a, b]\n: c\n", "a: =\n",
    "a: 2026-13-45\n", "\0", "a: first\na: second\n", "- {b: {c: 1, c: 2}}\n",
)  # fmt: skip


@pytest.mark.parametrize("text", [*PLAIN, *UNUSUAL])
def test_a_document_is_read_as_yaml_has_it(text: str, tmp_path: Path) -> None:
    file = tmp_path / "any.yaml"
    file.write_text(text, "utf-8")
    expected = yaml.safe_load(text)

    assert repr(read_yaml(file, "a test")) == repr(expected)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_is_refused_by_both(text: str, tmp_path: Path) -> None:
    file = tmp_path / "any.yaml"
    file.write_text(text, "utf-8")

    with pytest.raises(ConfigError, match=r"cannot read a test from .*any\.yaml: "):
        read_yaml(file, "a test")


def test_all_that_ships_is_read_as_yaml_has_it() -> None:
    files = sorted((REPOSITORY / "config").rglob("*.yaml"))

    for file in files[::7]:
        assert read_yaml(file, "a test") == yaml.load(file.read_text("utf-8"), yaml.CSafeLoader)
    assert len(files) > 90


def test_lines_are_known_without_being_kept() -> None:
    text = "currency: CHF\nimports:\n  checkout_prefixes: [a]\n"

    document: Document[Settings] = parse_document(text, FILE, Settings, "a test")

    assert document.value.currency == "CHF"
    assert document.source.lines() == {
        "currency": 1, "imports": 2, "imports.checkout_prefixes": 3,
        "imports.checkout_prefixes[0]": 3,
    }  # fmt: skip
