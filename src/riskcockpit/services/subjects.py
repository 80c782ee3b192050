"""What a note may be about: a finding, a model or a request, by its name."""

from __future__ import annotations

from riskcockpit.errors import UnknownNameError
from riskcockpit.services.desk import Desk
from riskcockpit.services.findings import FindingReader
from riskcockpit.store.sql import sql


def subject_of(desk: Desk, subject: str) -> str:
    """Return the model, finding or request that `subject` names.

    Raises:
        UnknownNameError: nothing is called so.
        StoreError: the cache is damaged.
    """
    wanted = subject.strip()
    if any(id_.startswith(wanted) for id_ in desk.waiting()) and len(wanted) == len("0" * 64):
        return wanted
    if desk.ctx.store.generation():
        with desk.ctx.store.reader() as reader:
            if (wanted,) in reader.rows(sql("services", "decide_model_names")):
                return wanted
    finder = FindingReader(desk.ctx)
    try:
        return finder.resolve(wanted)
    except UnknownNameError:
        return desk.find(wanted, desk.waiting(), "finding, model or request")
    finally:
        finder.close()
