"""The shapes of the answers, for the OpenAPI document: what a program that is made from it knows. Answers are not checked
against them while they are given; a test does that."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema
from pydantic_core.core_schema import any_schema, json_or_python_schema, plain_serializer_function_ser_schema
from typing_extensions import TypedDict

T = TypeVar("T")


class Documented:
    """The shape in the document; the answer goes out as it is."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        shape, as_it_is = handler.generate_schema(self.kind), plain_serializer_function_ser_schema(lambda value: value)
        return json_or_python_schema(json_schema=shape, python_schema=any_schema(), serialization=as_it_is)


def answers(kind: Any) -> Any:
    """For `response=`."""
    return Annotated[Any, Documented(kind)]


class Page(TypedDict, Generic[T]):
    """`next` is the cursor of the page after this one; null on the last."""

    items: list[T]
    next: str | None


class Fault(TypedDict):
    """`code`: what went wrong, for programs. `message`: in words. `facts`: what it is about, such as `field` or `fields`."""

    code: str
    message: str
    facts: dict[str, Any]


class Error(TypedDict):
    """Every answer from 400 on."""

    error: Fault
