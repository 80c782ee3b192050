"""A CycloneDX document, whichever syntax it was written in: what both readers make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as member
from datetime import datetime

from riskcockpit.formats import wording
from riskcockpit.formats.images import image_name
from riskcockpit.formats.members import NOTHING, Members

TOOL = "CycloneDX"
"""Stands for the scanner where a document does not say what made it."""
_ASSET_TYPES = frozenset({"container", "application", "firmware", "platform", "device"})


@dataclass(frozen=True, slots=True)
class Bom:
    """One document; components and vulnerabilities have the shape of the JSON syntax."""

    metadata: Members
    components: Mapping[str, Members]
    """bom-ref, or package URL of those without one → component."""
    vulnerabilities: Sequence[bytes] | None
    """JSON records; None when the document has no place for them: nobody looked."""
    serial: str = ""
    spec: str = ""
    problems: Sequence[tuple[str, str]] = member(default=())

    @property
    def subject(self) -> Members:
        """The component that the document is about; nothing when it does not say."""
        return self.metadata.member("component")

    @property
    def is_container(self) -> bool:
        """Whether it is about a container image."""
        return self.subject.text("type") == "container"

    @property
    def asset(self) -> str:
        """The name of what the document is about; empty when that is a file or a directory."""
        name = wording.name(self.subject.text("name"))
        if self.subject.text("type") not in _ASSET_TYPES or name.startswith((".", "/", "\\")):
            return ""
        group = wording.name(self.subject.text("group"))
        name = f"{group}/{name}" if group else name
        return image_name(name) if self.is_container else name

    @property
    def tool(self) -> str:
        """The first tool that made the document."""
        return wording.name(self._maker.text("name")) or TOOL

    @property
    def tool_version(self) -> str:
        """Its version; empty when the document does not say."""
        return wording.name(self._maker.text("version"))

    @property
    def made_at(self) -> datetime | None:
        """When the document was made, aware UTC."""
        return self.metadata.moment("timestamp")

    @property
    def _maker(self) -> Members:
        """The tool: `tools` was a list up to version 1.4 and is an object since."""
        tools = self.metadata.member("tools")
        listed = [*tools.items(), *tools.members("components"), *tools.members("services")]
        return next((tool for tool in listed if tool.text("name")), NOTHING)


def flattened(components: Members) -> Iterator[Members]:
    """Yield components and all those nested in them."""
    waiting = [components]
    while waiting:
        for component in waiting.pop().members():
            yield component
            waiting.append(component.member("components"))


def by_reference(components: Iterator[Members]) -> dict[str, Members]:
    """Return the components under the names that vulnerabilities may call them by."""
    known: dict[str, Members] = {}
    for component in components:
        for name in (component.text("bom-ref"), component.text("purl")):
            if name:
                known.setdefault(name, component)
    return known
