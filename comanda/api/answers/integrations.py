"""Shapes of answers: connected stores and their mappings."""

from datetime import datetime
from typing import Any, NotRequired

from typing_extensions import TypedDict


class Integration(TypedDict):
    """`hook_url`: for whoever may change it, and null where it was shown once. `verification`, `mapping_version`: of custom
    builders alone."""

    id: str
    platform: str
    name: str
    store: str
    active: bool
    binned: bool
    secrets: int
    created_at: datetime
    warnings: list[str]
    verification: NotRequired[dict[str, Any] | None]
    mapping_version: NotRequired[int]
    hook_url: NotRequired[str | None]


class SavedIntegration(Integration):
    """`verified`: how many quarantined requests a new secret has freed."""

    verified: int


class RotatedIntegration(Integration):
    former_until: datetime


class MadeDelivery(TypedDict):
    delivery: str


class MappingVersion(TypedDict):
    version: int
    mapping: dict[str, Any] | None
    author: str
    created_at: datetime


class Mapping(TypedDict):
    """A mapping in JMESPath; null where Comanda's own format is read."""

    mapping: dict[str, Any] | None
    version: int
    versions: list[MappingVersion]


class ChangedMapping(TypedDict):
    mapping: dict[str, Any] | None
    version: int
    reprocessed: int


class MappedField(TypedDict):
    field: str
    expression: str
    value: Any
    type: str
    problem: str


class MappingFault(TypedDict):
    field: str
    expression: str
    message: str
    place: int


class Tried(TypedDict):
    """The mapping on a delivery: what would stop its order (codes of problems), or where it could not be read."""

    delivery: str
    number: str
    total: str
    lines: int
    path: str
    reason: str
    stopped: list[str]


class Preview(TypedDict):
    """What a mapping makes of a sample; `ready`: it may be switched on, and reads the sample."""

    mapping: dict[str, Any]
    fields: list[MappedField]
    lines: int
    order: dict[str, Any] | None
    problems: list[MappingFault]
    ready: bool
    tried: list[Tried]
