"""Parameters that a home sets otherwise: for its environment, with a reason, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskcockpit.config.paths import shipped
from riskcockpit.controls.overrides import FILE_NAME, overridden
from riskcockpit.controls.pack import Control, Packs, load
from riskcockpit.errors import ConfigError

PACK = load(shipped("config", "controls"))
OVERRIDE = """\
overrides:
  - control: waivers-short
    context: production
    params: {days: 90}
    reason: The committee shortened all waivers
    decided_by: risk-committee
"""


def changed(directory: Path, text: str = OVERRIDE, context: str = "production") -> Control:
    (directory / FILE_NAME).write_text(text)
    found = overridden(Packs(PACK), directory, context)
    assert [control.id for control in found.controls] == [control.id for control in PACK]
    assert not found.invalid
    return next(control for control in found.controls if control.id == "waivers-short")


def test_a_parameter_is_set_for_its_environment_and_says_why(tmp_path: Path) -> None:
    before = next(control for control in PACK if control.id == "waivers-short")
    after = changed(tmp_path)
    assert after.params == {**before.params, "days": 90}
    assert after.why_set == {"days": "The committee shortened all waivers (risk-committee)"}
    assert after.basis != before.basis
    assert changed(tmp_path, context="staging") == before
    everywhere = OVERRIDE.replace("    context: production\n", "")
    assert changed(tmp_path, everywhere, "staging").params["days"] == 90


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("waivers-short", "waiver-short", 'line 2: overrides[0].control: "waiver-short" is no',
         "waivers-short"),
        ("{days: 90}", "{day: 90}", "has no such parameter", '"days"'),
        ("{days: 90}", "{days: many}", "'many' is not like 180", ""),
        ("{days: 90}", "{days: true}", "True is not like 180", ""),
        ("The committee shortened all waivers", "so", "says too little", "10"),
        ("risk-committee", '""', "names nobody", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_makes_its_control_invalid_and_no_other(
    tmp_path: Path, old: str, new: str, message: str, hint: str
) -> None:
    (tmp_path / FILE_NAME).write_text(OVERRIDE.replace(old, new))
    found = overridden(Packs(PACK), tmp_path, "production")
    (invalid,) = found.invalid
    assert message in invalid.error.message
    assert hint in str(invalid.error.hint)
    assert invalid.id == ("waiver-short" if new == "waiver-short" else "waivers-short")
    assert {each.id for each in PACK} - {each.id for each in found.controls} <= {invalid.id}
    assert invalid.id not in {each.id for each in found.controls}


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(OVERRIDE.replace("reason:", "raeson:"))
    with pytest.raises(ConfigError, match='unknown key "raeson"') as caught:
        overridden(Packs(PACK), tmp_path, "production")
    assert caught.value.hint == 'did you mean "reason"?'
