"""A real moto on loopback: AWS's services as others simulate them, for what moto can do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from riskcockpit.config.credentials import Credential
from support.processes import call, free_port, running

REGION = "eu-central-1"


@dataclass(frozen=True)
class Moto:
    """A running moto; it accepts any keys."""

    url: str

    @property
    def credential(self) -> Credential:
        """Keys as good as any."""
        return Credential("x" * 30, "env UNDER_TEST", username="AKIATEST")

    def client(self, service: str) -> Any:
        """Return boto3's own client, to set up with."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="AKIATEST",
            aws_secret_access_key="x" * 30,
        )

    def reset(self) -> None:
        """Forget everything."""
        call(f"{self.url}/moto-api/reset", {})


@contextmanager
def running_moto(directory: Path) -> Iterator[Moto]:
    """Run moto until the block ends."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    argv = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(argv, f"{url}/moto-api/", directory):
        yield Moto(url)
