"""The policy in force: what ships, and what a home adds to it or puts in its place.

Controls of `CONFIG/controls/<pack>/` stand beside the shipped packs; `CONFIG/kpis.yaml` (with its
`kpis/`) and `CONFIG/exposure.yaml` stand in place of the shipped files. Files are read again only
when one of them changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from riskcockpit.config.paths import Paths, shipped
from riskcockpit.controls import pack
from riskcockpit.controls.frameworks import Framework, frameworks
from riskcockpit.controls.overrides import overridden
from riskcockpit.kpis import catalogue
from riskcockpit.ledger.signers import FILE_NAME
from riskcockpit.ledger.signing import load_signers

Signature = tuple[tuple[str, int, int], ...]
"""(path, nanoseconds of the last change, bytes) of each file."""


def controls_in_force(paths: Paths, context: str = "") -> tuple[pack.Control, ...]:
    """Return the controls of the shipped packs and of the home's own.

    With what the home sets otherwise for every environment, and for that called `context`. Those
    that cannot be read, or have a parameter that cannot be meant, are not among them:
    `invalid_controls` names them.

    Raises:
        ConfigError: frameworks or parameters cannot be read; the message names file, line and what
            to mend.
    """
    return overridden(_packs_of(paths), paths.config / "controls", context).controls


def invalid_controls(paths: Paths) -> tuple[pack.Invalid, ...]:
    """Return the controls that cannot be used, by id. Raises as `controls_in_force`."""
    return overridden(_packs_of(paths), paths.config / "controls", "").invalid


def _packs_of(paths: Paths) -> pack.Packs:
    directories = _directories(paths)
    files = (file for directory in directories for file in directory.glob("**/*"))
    signers = paths.ledger / FILE_NAME
    return _packs(directories, signers, _signature((signers, *files)))


def frameworks_in_force(paths: Paths) -> dict[str, Framework]:
    """Return the frameworks that controls may refer to. Raises as `controls_in_force`."""
    return frameworks(*_directories(paths))


def kpis_in_force(paths: Paths) -> tuple[catalogue.Kpi, ...]:
    """Return the KPI catalogue: the home's own when it has one. Raises as `controls_in_force`."""
    file = _chosen(paths, "kpis.yaml")
    return _kpis(file, _signature((file, *(file.parent / "kpis").glob("*.sql"))))


def exposure_file(paths: Paths) -> Path:
    """Return the file of the exposure priors: the home's own when it has one."""
    return _chosen(paths, "exposure.yaml")


def _directories(paths: Paths) -> tuple[Path, ...]:
    return (shipped("config", "controls"), paths.config / "controls")


def _chosen(paths: Paths, name: str) -> Path:
    own = paths.config / name
    return own if own.exists() else shipped("config", name)


def _signature(files: Iterable[Path]) -> Signature:
    found = ((file, file.stat()) for file in files if file.is_file())
    return tuple(sorted((str(file), state.st_mtime_ns, state.st_size) for file, state in found))


@lru_cache(maxsize=4)
def _packs(directories: tuple[Path, ...], signers: Path, _: Signature) -> pack.Packs:
    return pack.read_packs(*directories, signers=load_signers(signers))


@lru_cache(maxsize=4)
def _kpis(file: Path, _: Signature) -> tuple[catalogue.Kpi, ...]:
    return catalogue.load(file)
