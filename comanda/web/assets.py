"""Styles, scripts and pictures: each URL bears the hash of its content, so that browsers may keep it for ever. And pages,
made small for the wire."""

import gzip
import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers
from servestatic.middleware import ServeStaticMiddleware
from servestatic.responders import Redirect, StaticFile


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


@cache
def squeezed(name: str) -> bytes:
    """A file, compressed once for all who ask."""
    return gzip.compress(Path(str(finders.find(name))).read_bytes(), mtime=0)


class Served(ServeStaticMiddleware):  # type: ignore[misc]
    """Compressed for whoever can read that. What was asked for by the hash of its content is kept for ever; anything else,
    such as what the release before asks for, a minute. (`SERVESTATIC_IMMUTABLE_FILE_TEST` sees no query.)"""

    @staticmethod
    async def aserve(static_file: StaticFile | Redirect, request: HttpRequest) -> HttpResponseBase:
        answer: HttpResponseBase = await ServeStaticMiddleware.aserve(static_file, request)
        name = request.path_info.removeprefix(settings.STATIC_URL)
        if (
            answer.status_code == 200
            and request.method == "GET"
            and "gzip" in request.headers.get("accept-encoding", "")
        ):
            same = {each: answer[each] for each in ("Content-Type", "Cache-Control", "Last-Modified")}
            answer = HttpResponse(squeezed(name), headers=same | {"Content-Encoding": "gzip"})
        if answer.status_code < 400 and request.GET.get("v") == fingerprint(name):
            answer["Cache-Control"] = f"max-age={ServeStaticMiddleware.FOREVER}, public, immutable"
        patch_vary_headers(answer, ["Accept-Encoding"])
        return answer


class Compressed(GZipMiddleware):
    """Pages and the API's answers, with a padding of random length, so that their sizes tell nothing of what is secret in
    them. What is streamed is left alone: it would be a chain of gzips, of which not every reader takes more than the first.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if response.streaming else super().process_response(request, response)
