"""A source is added to the settings, and every other byte of the file stays where it was."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from riskcockpit.config.editing import source_block, with_source, write_settings
from riskcockpit.config.loading import parse_settings
from riskcockpit.config.settings import CredentialRef, SourceSettings
from riskcockpit.errors import ConfigError

FILE = Path("riskcockpit.yaml")
NEW = SourceSettings(
    name="new", kind="http", url="https://a.example",
    credential=CredentialRef(env="TOKEN"), options={"paths": ["/x"], "accept": "a: b # c"},
)  # fmt: skip
TEXTS = {
    "nothing": "",
    "comments only": "# mine\n",
    "no end of line": "currency: CHF",
    "no sources": "# top\ncurrency: CHF  # as the bank\n# end\n",
    "empty list": "sources: []  # none yet\n\n# after\nassets: []\n",
    "one": "sources:\n  - name: old   # mine\n    kind: files\n    options: {paths: [/a]}  # why\n"
    "\n# about assets\nassets: []\n",
    "not indented": "sources:\n- kind: files\n  name: old\n  options:\n    paths:\n"
    "    - /a\n# end\n",
    "deeper": "sources:\n      -   name: old\n          kind: files\n"
    "          enabled: false\n\n\n",
    "last line unended": "currency: CHF\nsources:\n  - name: old\n    kind: files",
    "block text": "sources:\n  - name: old\n    kind: files\n    url: |-\n      /a\n# end\n",
    "windows": "sources:\r\n  - name: old\r\n    kind: files\r\ncurrency: CHF\r\n",
    "flow item": "sources:\n  - {name: old, kind: files}   # short\n# end\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_everything_else_stays(text: str) -> None:
    added = with_source(text, FILE, NEW)
    before = parse_settings(text, FILE).settings
    after = parse_settings(added, FILE).settings
    assert after.sources == (*before.sources, NEW)
    assert (after.currency, after.assets) == (before.currency, before.assets)
    lines = added.split("\n")
    for line in text.split("\n"):
        comment = line.strip().removeprefix("sources: []").strip()
        assert any(comment in found for found in lines), line
    again = with_source(added, FILE, SourceSettings(name="second", kind="files"))
    assert [s.name for s in parse_settings(again, FILE).settings.sources][-2:] == ["new", "second"]


def test_only_lines_are_inserted() -> None:
    text = TEXTS["one"]
    added = with_source(text, FILE, NEW)
    block = source_block(NEW)
    assert added.replace(block, "", 1) == text
    assert added.index(block) < added.index("# about assets")
    assert "ttl" not in block
    assert "username" not in block


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(ConfigError, match='called "old" already'):
        with_source(TEXTS["one"], FILE, SourceSettings(name="old", kind="files"))


def test_a_list_on_one_line_is_left_to_its_owner() -> None:
    with pytest.raises(ConfigError, match="not written as a list of lines") as caught:
        with_source("sources: [{name: old, kind: files}]\n", FILE, NEW)
    assert source_block(NEW) in (caught.value.detail or "")


def test_broken_settings_are_not_made_worse() -> None:
    with pytest.raises(ConfigError, match="unknown key"):
        with_source("sorces: []\n", FILE, NEW)


def test_the_file_is_replaced_at_once_and_keeps_its_mode(tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    real.write_text("a")
    real.chmod(0o640)
    link = tmp_path / "riskcockpit.yaml"
    link.symlink_to(real)
    write_settings(link, "b")
    assert real.read_text() == "b"
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    write_settings(tmp_path / "new.yaml", "c")
    assert stat.S_IMODE((tmp_path / "new.yaml").stat().st_mode) == 0o600
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "new.yaml",
        "real.yaml",
        "riskcockpit.yaml",
    ]
