"""The API under /api/v1: one file a resource, one shape for errors, one for lists."""

from typing import Any

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.security import HttpBearer

from comanda.accounts.access import Access, Forbidden, NotFound, by_token
from comanda.api.shapes import Refused
from comanda.api.strict import StrictParser
from comanda.history.cursors import BadCursor
from comanda.history.search import UnknownWord
from comanda.repair.correct import NotCorrectable
from comanda.repair.retry import NotRetriable


class Bearer(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Access | None:
        return by_token(token)


ABOUT = (
    "A token that only reads changes nothing (403 `forbidden`), and is shown buyers masked: `María J•••`,"
    " `300 ••• ••67`; documents, streets, postcodes and notes not at all. One that writes is shown everything."
)
api = NinjaAPI(
    title="Comanda",
    version="1",
    description=ABOUT,
    auth=Bearer(),
    parser=StrictParser(),
    docs_url=None,
    urls_namespace="api",
)


def answer(request: HttpRequest, status: int, code: str, message: str, **facts: Any) -> HttpResponse:
    body = {"error": {"code": code, "message": message, "facts": facts}}
    return api.create_response(request, body, status=status)


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = [{"field": place(each["loc"]), "message": each["msg"]} for each in error.errors]
    return answer(request, 400, "invalid", "The request does not fit.", fields=fields)


def place(where: tuple[str | int, ...]) -> str:
    """`("body", "body", "items", 0, "variant")` → `items.0.variant`: without the framework's own names."""
    parts = list(where)
    while len(parts) > 1 and parts[0] in ("body", "query", "path"):
        parts.pop(0)
    return ".".join(map(str, parts))


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    codes = {401: "unauthorized", 404: "not_found", 405: "method_not_allowed"}
    message = "Send Authorization: Bearer with a token of the account." if error.status_code == 401 else str(error)
    return answer(request, error.status_code, codes.get(error.status_code, "invalid"), message)


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return answer(request, error.status, error.code, error.message, **error.facts)


@api.exception_handler(NotFound)
def not_found(request: HttpRequest, error: NotFound) -> HttpResponse:
    return answer(request, 404, "not_found", "There is no such thing in this account.", what=str(error))


@api.exception_handler(Forbidden)
def forbidden(request: HttpRequest, error: Forbidden) -> HttpResponse:
    return answer(request, 403, "forbidden", "This token only reads.")


@api.exception_handler(OverflowError)
@api.exception_handler(DataError)
def out_of_range(request: HttpRequest, error: Exception) -> HttpResponse:
    return answer(request, 400, "invalid", "A number or a date is out of range.")


@api.exception_handler(BadCursor)
def bad_cursor(request: HttpRequest, error: BadCursor) -> HttpResponse:
    return answer(request, 400, "invalid", "The cursor is not one that a page has given.", field="cursor")


@api.exception_handler(UnknownWord)
def unknown_word(request: HttpRequest, error: UnknownWord) -> HttpResponse:
    return answer(request, 400, "invalid", f"There is no such {error}.", field=str(error))


@api.exception_handler(NotRetriable)
def not_retriable(request: HttpRequest, error: NotRetriable) -> HttpResponse:
    return answer(request, 409, "not_retriable", "There is nothing to run again.", reason=str(error))


@api.exception_handler(NotCorrectable)
def not_correctable(request: HttpRequest, error: NotCorrectable) -> HttpResponse:
    status = 409 if error.code in ("registered", "duplicate", "pruned", "order_unreadable") else 400
    return answer(request, status, error.code, "This cannot be corrected so.", field=error.field)


def add_resources() -> None:
    """Each file's routes. Imported here, because they use `api`'s neighbours."""
    from comanda.api import account, catalogue, causes, deliveries, history, integrations, mapping, orders, retries, why

    for resource in (account, integrations, mapping, history, retries, orders, catalogue, causes, why, deliveries):
        api.add_router("", resource.router)


add_resources()
