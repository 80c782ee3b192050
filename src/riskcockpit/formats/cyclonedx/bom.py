"""A CycloneDX document, whichever syntax it was written in: what both readers make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as member
from datetime import datetime
from typing import Any

from riskcockpit.formats import wording
from riskcockpit.formats.images import image_name
from riskcockpit.formats.loose import at, items, objects, text
from riskcockpit.formats.moments import moment

TOOL = "CycloneDX"
"""Stands for the scanner where a document does not say what made it."""
_ASSET_TYPES = frozenset({"container", "application", "firmware", "platform", "device"})


@dataclass(frozen=True, slots=True)
class Bom:
    """One document; components and vulnerabilities have the shape of the JSON syntax."""

    metadata: Any
    components: Mapping[str, Any]
    """bom-ref, or package URL of those without one → component."""
    vulnerabilities: Sequence[bytes] | None
    """JSON records; None when the document has no place for them: nobody looked."""
    serial: str = ""
    spec: str = ""
    problems: Sequence[tuple[str, str]] = member(default=())

    @property
    def subject(self) -> Any:
        """The component that the document is about; None when it does not say."""
        return at(self.metadata, "component")

    @property
    def is_container(self) -> bool:
        """Whether it is about a container image."""
        return text(self.subject, "type") == "container"

    @property
    def asset(self) -> str:
        """The name of what the document is about; empty when that is a file or a directory."""
        name = wording.name(text(self.subject, "name"))
        if text(self.subject, "type") not in _ASSET_TYPES or name.startswith((".", "/", "\\")):
            return ""
        group = wording.name(text(self.subject, "group"))
        name = f"{group}/{name}" if group else name
        return image_name(name) if self.is_container else name

    @property
    def tool(self) -> str:
        """The first tool that made the document."""
        return wording.name(text(self._maker, "name")) or TOOL

    @property
    def tool_version(self) -> str:
        """Its version; empty when the document does not say."""
        return wording.name(text(self._maker, "version"))

    @property
    def made_at(self) -> datetime | None:
        """When the document was made, aware UTC."""
        return moment(at(self.metadata, "timestamp"))

    @property
    def _maker(self) -> Any:
        """The tool: `tools` was a list up to version 1.4 and is an object since."""
        tools = at(self.metadata, "tools")
        listed = [*items(tools), *objects(tools, "components"), *objects(tools, "services")]
        return next((tool for tool in listed if text(tool, "name")), None)


def flattened(components: Any) -> Iterator[Any]:
    """Yield components and all those nested in them."""
    waiting = [components]
    while waiting:
        for component in objects(waiting.pop()):
            yield component
            waiting.append(at(component, "components"))


def by_reference(components: Iterator[Any]) -> dict[str, Any]:
    """Return the components under the names that vulnerabilities may call them by."""
    known: dict[str, Any] = {}
    for component in components:
        for name in (text(component, "bom-ref"), text(component, "purl")):
            if name:
                known.setdefault(name, component)
    return known
