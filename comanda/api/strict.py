"""What the framework leaves to itself: how bodies and queries are read, and the shape of its own errors."""

from collections.abc import Callable
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.datastructures import MultiValueDict
from ninja import Schema
from ninja.parser import Parser

CODES = {404: "not_found", 405: "method_not_allowed"}
MESSAGES = {404: "There is no such route.", 405: "This route does not take that method."}


class StrictSchema(Schema):
    """A body, or a part of one. A field that is not known is refused by its name: swallowed, it would be missed too late."""

    model_config = {"extra": "forbid"}


class StrictParser(Parser):
    """Text that no database can hold does not come in: halves of characters and NUL."""

    def parse_body(self, request: HttpRequest) -> Any:
        if b"\\u0000" in request.body:
            raise ValueError("NUL")
        return msgspec.json.decode(request.body)

    def parse_querydict(self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest) -> Any:
        found = super().parse_querydict(data, list_fields, request)
        return {name: value.replace("\x00", "") if isinstance(value, str) else value for name, value in found.items()}


def one_shape(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: an error under /api/ that Django words as a page gets the API's shape."""

    def respond(request: HttpRequest) -> HttpResponse:
        most, given = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, request.META.get("CONTENT_LENGTH") or ""
        if request.path.startswith("/api/") and given.isdecimal() and len(given) < 20 and int(given) > most:
            return shaped(413, "too_large", f"A request has up to {most} bytes.")
        response = get_response(request)
        if not request.path.startswith("/api/") or response.status_code < 400 or is_json(response):
            return response
        status = response.status_code
        code, message = CODES.get(status, "internal_error"), MESSAGES.get(status, "Something went wrong on our side.")
        if 400 <= status < 500 and status not in CODES:
            code, message = "invalid", "The request does not fit."
        answer = shaped(status, code, message)
        if allow := response.headers.get("Allow"):
            answer["Allow"] = allow
        return answer

    return respond


def shaped(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message, "facts": {}}}, status=status)


def is_json(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "").startswith("application/json")
