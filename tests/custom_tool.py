"""A merchant's own tool: an integration of a custom builder, what it sends, and the mapping that reads it."""

import json
from itertools import count
from typing import Any

from comanda.accounts.access import by_operator, new_api_token
from comanda.accounts.models import AuditEntry
from comanda.history.models import Intake, Problem
from comanda.inbox.models import Delivery
from comanda.integrations import mappings
from comanda.integrations.connect import connect
from comanda.integrations.models import Integration
from tests.cast import Cast, call
from tests.test_api import Api

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
MAPPING: dict[str, Any] = {
    "order": {
        "external_id": "folio",
        "name": "join(' ', [cliente.nombre, cliente.apellido])",
        "phone": "cliente.celular",
        "address1": "entrega.direccion",
        "city": "entrega.ciudad",
        "region": "entrega.depto",
        "total": "total",
        "payment": "pago",
    },
    "lines": "productos",
    "line": {"title": "nombre", "sku": "codigo", "quantity": "cant", "unit_price": "valor"},
}
ids = count(8001)


def own(**changes: Any) -> dict[str, Any]:
    """An order in Comanda's own format."""
    order = {
        "external_id": f"P-{next(ids)}",
        "name": "María José Núñez",
        "phone": "300 123 4567",
        "address1": "Calle 10 # 43-21",
        "city": "Medellín",
        "region": "Antioquia",
        "payment": "cod",
        "lines": [{"title": "Faja Reductora", "sku": "FAJA-M", "quantity": 1, "unit_price": 109900}],
    }
    return order | changes


def foreign(**changes: Any) -> dict[str, Any]:
    """An order in a format of the tool's own, that MAPPING reads."""
    order = {
        "folio": next(ids),
        "cliente": {"nombre": "María José", "apellido": "Núñez", "celular": "300 123 4567"},
        "entrega": {"direccion": "Calle 10 # 43-21", "ciudad": "Medellín", "depto": "Antioquia"},
        "pago": "Contra entrega",
        "total": "109900",
        "productos": [{"nombre": "Faja Reductora", "codigo": "FAJA-M", "cant": "1", "valor": "109900"}],
    }
    return order | changes


class Tool:
    """What a tool does, and what its merchant does by the API."""

    def __init__(self, cast: Cast, platform: str = "custom", secret: str = "") -> None:
        self.cast = cast
        self.row = connect(cast.account, platform, "Mi herramienta", "", secret)
        self.api = Api(new_api_token(cast.account, f"api of {platform}"))
        self.path = f"/integrations/{self.row.pk}"

    def post(self, body: Any, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return call(Integration.objects.get(pk=self.row.pk), raw, JSON if headers is None else headers)

    def send(self, body: Any, headers: dict[str, str] | None = None) -> Intake:
        """Post, work it off, and return the intake."""
        status, answer = self.post(body, headers)
        assert status == 200, answer
        self.cast.work()
        return Intake.objects.get(integration=self.row, delivery_id=answer["delivery"])

    def map(self, mapping: dict[str, Any] | None = None) -> int:
        return mappings.switch_on(by_operator(self.cast.account), self.row, mapping or MAPPING)

    def put(self, mapping: Any) -> tuple[int, Any]:
        return self.api("PUT", f"{self.path}/mapping", mapping)

    def preview(self, **body: Any) -> tuple[int, Any]:
        return self.api("POST", f"{self.path}/mapping/preview", body)

    def statuses(self) -> list[str]:
        return sorted(Intake.objects.filter(integration=self.row).values_list("status", flat=True))


def facts(intake: Intake) -> dict[str, Any]:
    """Of the intake's one problem."""
    found: dict[str, Any] = json.loads(Problem.objects.get(intake=intake).facts)
    return found


def everything_stored() -> str:
    """What the tables of deliveries, refusals and audits hold, as text: a secret must not be in it."""
    rows: list[Any] = list(Delivery.objects.values("headers", "topic", "key", "reason"))
    from comanda.inbox.models import Refusal

    rows += list(Refusal.objects.values("head", "reason")) + list(AuditEntry.objects.values("action", "difference"))
    return json.dumps(rows, default=str, ensure_ascii=False)
