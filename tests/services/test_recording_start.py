"""A recording begins with what is seen first."""

from __future__ import annotations

import json
from pathlib import Path

from riskcockpit.services.recording import Recorder


def test_what_was_waited_for_before_the_first_picture_is_no_part_of_a_recording(
    tmp_path: Path,
) -> None:
    moments = iter([63.0, 63.0, 65.5, 65.5])
    recorder = Recorder(tmp_path / "demo.cast", (80, 24), "demo", lambda: next(moments))
    recorder.output("first", (80, 24))
    recorder.output("second", (80, 24))
    recorder.close()
    lines = (tmp_path / "demo.cast").read_text().splitlines()
    assert [json.loads(line)[0] for line in lines[1:]] == [0.0, 2.5]
