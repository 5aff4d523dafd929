"""Orders as MasterTools may post them: it publishes no format. This one is invented, and is mapped once it has come."""

from typing import Any

from comanda.demo.builders.base import Builder
from comanda.demo.sale import Item, Sale

PAYMENTS = {
    "cod": {"metodo": "Contra entrega", "estado": "por recaudar"},
    "paid": {"metodo": "Mercado Pago", "estado": "aprobado"},
    "unpaid": {"metodo": "Transferencia", "estado": "pendiente"},
}


class MasterTools(Builder):
    name = "mastertools"
    signs = False
    cannot = frozenset({"signature_invalid", "wrong_store", "wrong_builder", "duplicate_order", "old_order"})
    mapped_later = True
    mapping = {
        "order": {
            "external_id": "pedido.codigo",
            "number": "pedido.consecutivo",
            "ordered_at": "pedido.fechas.creado",
            "updated_at": "pedido.fechas.actualizado",
            "status": "pedido.estado",
            "currency": "pedido.moneda",
            "total": "pedido.total",
            "shipping": "pedido.envio.costo",
            "payment": "join(' ', [pedido.pago.metodo, pedido.pago.estado])",
            "name": "join(' ', [pedido.cliente.nombres, pedido.cliente.apellidos])",
            "email": "pedido.cliente.correo",
            "phone": "pedido.cliente.celular",
            "address1": "pedido.envio.direccion",
            "city": "pedido.envio.ciudad",
            "region": "pedido.envio.departamento",
            "test": "pedido.prueba",
        },
        "lines": "pedido.productos[?cantidad > `0`]",
        "line": {
            "product_id": "id",
            "variant_id": "variante.id",
            "sku": "referencia",
            "title": "nombre",
            "variant_title": "variante.nombre",
            "quantity": "cantidad",
            "unit_price": "precio",
        },
    }

    def headers(self, sale: Sale, store: str, secret: str, body: bytes) -> dict[str, str]:
        return {"user-agent": "MasterTools"}

    def payload(self, sale: Sale) -> dict[str, Any]:
        buyer = sale.buyer
        return {
            "evento": f"pedido.{sale.news}",
            "pedido": {
                "codigo": f"MT-{sale.id}",
                "consecutivo": f"#{sale.number}",
                "estado": "cancelado" if sale.news == "cancelled" else "nuevo",
                "prueba": sale.test,
                "fechas": {"creado": sale.at.isoformat(), "actualizado": (sale.changed_at or sale.at).isoformat()},
                "moneda": sale.currency,
                "total": sale.total,
                "pago": PAYMENTS[sale.payment],
                "cliente": {
                    "nombres": buyer.first,
                    "apellidos": buyer.last,
                    "correo": buyer.email,
                    "celular": buyer.phone,
                },
                "envio": {
                    "direccion": buyer.street,
                    "ciudad": buyer.city,
                    "departamento": buyer.region,
                    "costo": sale.shipping,
                },
                "productos": [self.line(item) for item in sale.items],
            },
        }

    def line(self, item: Item) -> dict[str, Any]:
        return {
            "id": item.product,
            "referencia": item.sku or None,
            "nombre": item.title,
            "variante": {"id": item.variant, "nombre": item.variant_title} if item.variant_title else None,
            "cantidad": 1,
            "precio": item.price,
        }
