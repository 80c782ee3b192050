"""A driver of Textual that gives what it paints to a recorder as well."""

from __future__ import annotations

from textual.driver import Driver

from riskcockpit.services.recording import Recorder


def recorded(driver: type[Driver], recorder: Recorder) -> type[Driver]:
    """Return a driver like `driver` that gives what it writes to `recorder` as well."""

    class Recorded(driver):  # type: ignore[misc, valid-type]
        def write(self, data: str) -> None:
            size = self._app.size
            recorder.output(data, (size.width, size.height))
            super().write(data)

    return Recorded
