"""The API under /api/v1: one file a resource, one shape for errors, one for lists."""

from typing import Any

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema
from ninja.security import HttpBearer
from pydantic import TypeAdapter

from comanda.accounts.access import Access, Forbidden, NotFound, by_token
from comanda.api.answers import Error
from comanda.api.shapes import FITS_NOT, Refused, language
from comanda.api.strict import StrictParser
from comanda.diagnosis.explain import explain
from comanda.diagnosis.terms import no_store
from comanda.history.cursors import BadCursor
from comanda.history.search import UnknownWord
from comanda.integrations.connect import NotAStore
from comanda.repair.correct import NotCorrectable
from comanda.repair.retry import NotRetriable
from comanda.run import as_row


class Bearer(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Access | None:
        return by_token(token)


ABOUT = (
    "A token that only reads changes nothing (403 `forbidden`), and is shown buyers masked: `María J•••`,"
    " `300 ••• ••67`; documents, streets, postcodes and notes not at all. One that writes is shown everything."
)


class Described(NinjaAPI):
    """Its document tells of every operation the one shape of errors, too."""

    def get_openapi_schema(self, **how: Any) -> OpenAPISchema:
        found = super().get_openapi_schema(**how)
        error = TypeAdapter(Error).json_schema(ref_template=REF_TEMPLATE)
        found["components"]["schemas"] |= error.pop("$defs") | {"Error": error}
        of_error = {"application/json": {"schema": {"$ref": REF_TEMPLATE.format(model="Error")}}}
        for way in (way for ways in found["paths"].values() for way in ways.values()):
            way["responses"]["4XX"] = {"description": "Refused, with the reason.", "content": of_error}
        return found


api = Described(
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
    return answer(request, 400, "invalid", FITS_NOT, fields=fields)


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


NOT_CORRECTABLE = {
    "registered": "The order is registered, so it can no longer be discarded.",
    "duplicate": "The order is a duplicate: the first one is the one that counts.",
    "pruned": "What the store sent is no longer kept, so the order cannot be read again.",
    "order_unreadable": "The order could not be read, so there is nothing to correct in it yet.",
    "nothing_to_correct": "Give at least one field.",
    "unknown_field": "There is no such field to correct.",
    "value_invalid": "The field cannot have this value.",
}


@api.exception_handler(NotCorrectable)
def not_correctable(request: HttpRequest, error: NotCorrectable) -> HttpResponse:
    status = 409 if error.code in ("registered", "duplicate", "pruned", "order_unreadable") else 400
    faults = [
        {"field": field, "cause": problem.code, "message": explain([as_row(problem)], language(request))[0].message}
        for field, problem in error.faults.items()
    ]
    facts = {"field": error.field} | ({"fields": faults} if faults else {})
    return answer(request, status, error.code, NOT_CORRECTABLE[error.code], **facts)


@api.exception_handler(NotAStore)
def not_a_store(request: HttpRequest, error: NotAStore) -> HttpResponse:
    return answer(request, 400, "invalid", no_store(error.platform, "en"), field="store")


def add_resources() -> None:
    """Each file's routes. Imported here, because they use `api`'s neighbours."""
    from comanda.api import account, catalogue, causes, deliveries, history, integrations, mapping, orders, retries, why

    for resource in (account, integrations, mapping, history, retries, orders, catalogue, causes, why, deliveries):
        api.add_router("", resource.router)


add_resources()
