"""Styles, scripts and pictures: each URL bears the hash of its content, so that browsers may keep it for ever."""

import hashlib
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


class Hashed(StaticFilesStorage):
    """`/static/comanda/app.css?v=3f2a…`, straight from the package: nothing is to be collected first."""

    def url(self, name: str | None) -> str:
        return f"{super().url(name)}?v={fingerprint(name or '')}"


@cache
def fingerprint(name: str) -> str:
    found = finders.find(name)
    if not isinstance(found, str):
        raise LookupError(f"there is no {name}")
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:12]
