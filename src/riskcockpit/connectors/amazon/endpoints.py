"""Where a service of AWS answers in a region. Pure."""

from __future__ import annotations

import re

_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+){1,3}-\d{1,2}")
_SUFFIXES = (
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-iso-", "c2s.ic.gov"),
)
_HOSTS = {"sagemaker": "api.sagemaker"}
"""Services that answer under another name than the one they are signed for."""


def is_region(name: str) -> bool:
    """Whether `name` looks like a region, and changes no host name."""
    return bool(_REGION.fullmatch(name))


def address(service: str, region: str, url: str = "") -> str:
    """Return where `service` answers in `region`; with `url`, all services answer there."""
    if url:
        return url
    suffix = next((s for start, s in _SUFFIXES if region.startswith(start)), "amazonaws.com")
    return f"https://{_HOSTS.get(service, service)}.{region}.{suffix}"
