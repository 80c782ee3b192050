"""Names of buckets, and objects as they are listed. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

MAX_BYTES = 268_435_456
"""Of one object."""
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def is_bucket(name: str) -> bool:
    """Whether `name` can be that of a bucket, and changes no path."""
    return bool(_NAME.fullmatch(name)) and ".." not in name


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it is listed."""

    bucket: str
    key: str
    size: int
    etag: str
    """Changes with the content."""
    modified_at: datetime

    @property
    def url(self) -> str:
        """What people call it."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def is_plain(self) -> bool:
        """Whether its name leads nowhere else when it stands in a URL."""
        return not {"", ".", ".."} & set(self.key.split("/"))
