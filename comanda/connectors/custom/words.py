"""What merchants' tools call the fields of an order, in Spanish, English and Portuguese: data for propose.py.

A name is read as a set of words: `precioUnitario`, "Precio unitario" and `unitario_precio` are one, plurals are their
singulars, accents are nothing. Words that say nothing of their own (`name`, `id`, `total`) count only where what holds
them says whose they are.
"""

import re
from functools import lru_cache

from comanda.connectors.custom.payload import LINE_FIELDS
from comanda.connectors.reading import fold

_NUMBER = (
    "order number, numero pedido, numero orden, no pedido, no orden, n pedido, n orden, nro pedido, nro orden, folio"
)
_CODE = "codigo pedido, codigo orden, consecutivo, pedido, orden, numero, number, order name, order"
_REFERENCE = "referencia, reference, codigo, code, ref, invoice number, numero factura"
_METHOD = "payment method, metodo pago, forma pago, medio pago, tipo pago, modalidad pago"
_METODO = "forma pagamento, metodo pagamento, meio pagamento, tipo pagamento, payment gateway, payment gateway name"
_LOCAL = "telefono numero, phone number, telefone numero, celular numero, telefono, phone, telefone, numero, number"

# What fields are called, folded; each text is a step less likely than the one before it.
FIELDS: dict[str, tuple[str, ...]] = {
    "external_id": (
        "order id, pedido id, orden id, venta id, compra id, external id",
        "id, uuid",
        _NUMBER,
        _CODE,
        _REFERENCE,
    ),
    "number": (_NUMBER, _CODE, _REFERENCE),
    "ordered_at": (
        "ordered, order date, placed, fecha pedido, fecha orden, fecha compra, fecha venta, data pedido, data compra, "
        "date created gmt",
        "created, date created, fecha creacion, fecha creado, creado, criado, data criacao, creation date",
        "date, fecha, data, fecha hora, data hora, timestamp, datetime, marca temporal, carimbo data hora",
    ),
    "updated_at": (
        "updated, modified, date modified gmt, actualizado, fecha actualizacion, atualizado, data atualizacao",
        "date modified, date updated, last updated, last modified, ultima actualizacion, fecha modificacion, modificado",
    ),
    "status": (
        "order status, pedido estado, orden estado, pedido estatus, pedido status",
        "status, estatus, situacao",
        "estado, state",
    ),
    "currency": ("currency, moneda, moeda, divisa, currency code, codigo moneda, currency iso, currency id",),
    "total": (
        "total, pedido total, grand total, total pagar, valor pagar, total price, valor total, monto total, importe total",
        "total amount, precio total, preco total, total cobrar, valor cobrar, valor recaudar, total recaudar, total pagado",
        "valor, amount, monto, importe",
    ),
    "shipping": (
        "shipping cost, shipping total, shipping price, shipping amount, shipping fee, delivery fee, delivery cost, "
        "costo envio, coste envio, valor envio, precio envio, gasto envio, tarifa envio, total envio, monto envio, "
        "valor frete, custo frete, preco frete, total frete, costo flete, valor flete, valor domicilio, costo domicilio",
        "shipping line price, shipping line total, shipping, envio, frete, flete, domicilio, delivery",
    ),
    "discount": (
        "discount total, discount amount, total descuento, valor descuento, monto descuento, discount, descuento, desconto",
    ),
    "tax": ("tax total, total impuesto, tax amount, valor iva, monto impuesto, tax, impuesto, imposto, iva, igv",),
    "name": (
        "name, nombre, nome, full name, fullname, nombre completo, nome completo, nombre apellido, nome sobrenome, "
        "nombre quien recibe, razon social",
        "cliente, customer, comprador, buyer, destinatario, recipient, client, quien recibe, contacto, contact",
    ),
    "email": ("email, e mail, mail, correo, correo electronico, email address, correo e",),
    "phone": (
        "phone, telefono, telefone, celular, movil, mobile, whatsapp, whats app, tel, cel, cell, fone, phone number, "
        "numero telefono, numero telefone, numero celular, numero whatsapp, numero whats app, telefono celular, "
        "telefono movil, telefono whatsapp, celular whatsapp, mobile phone, cell phone, numero contacto, contact number",
        "contacto, contact",
    ),
    "document": (
        "documento, document, cedula, cc, dni, nit, rut, cpf, cnpj, cpf cnpj, rfc, curp, cuit, cuil, dpi, identificacion, "
        "identification, identidad, numero documento, documento identidad, document number, numero identificacion, "
        "identification number, cedula ciudadania, numero cedula, tax id, id number, national id, documento cliente, dni cuit",
    ),
    "address1": (
        "direccion, address, endereco, street address, direccion exacta, direccion barrio, rua numero, calle numero",
        "line, linea, domicilio, calle, rua, street, logradouro, avenida",
    ),
    "address2": (),
    "city": (
        "city, ciudad, cidade, municipio, localidad, town, comuna, ciudad municipio, "
        "ciudad departamento, cidade estado, poblacion, city name, ciudad nombre",
    ),
    "region": ("region, departamento, provincia, province, uf, depto, department, state province", "estado, state"),
    "country": ("country, pais, country name, pais nombre", "country code, codigo pais, pais iso, country iso"),
    "postcode": ("postcode, zip, zip code, zipcode, postal code, post code, codigo postal, cp, c p, cep, postal",),
    "note": (
        "note, nota, observacion, observaciones, observacao, observacoes, comentario, comment, instruccion, instrucciones, "
        "delivery instruction, instruccion entrega, recado",
    ),
    "test": ("test, prueba, teste, sandbox, test mode, modo prueba",),
    "product_id": ("product id, producto id, produto id, articulo id, artigo id", "item id"),
    "variant_id": ("variant id, variante id, variation id, variacion id, variacao id",),
    "sku": ("sku, product sku, variant sku", "referencia, reference, ref, codigo, code, clave"),
    "title": (
        "product name, producto nombre, produto nome, nombre articulo, item name, product title, producto titulo, titulo produto",
        "title, titulo, name, nombre, nome",
        "producto, product, produto, articulo, artigo, item",
        "descripcion, description, descricao, detalle, concepto",
    ),
    "variant_title": (
        "variant title, variant name, variante nombre, variante, variant, variacion, variacao, variation, "
        "opcion, option, presentacion, opcao, modelo",
    ),
    "quantity": (
        "quantity, qty, cantidad, cant, quantidade, qtd, qtde, quant, unidad, unidades, units, pieza, pcs, cantidad unidad",
    ),
    "unit_price": (
        "unit price, precio unitario, preco unitario, valor unitario, costo unitario, unitario, precio unidad, precio producto",
        "price, precio, preco, precio venta, sale price, preco venda",
        "valor, amount, monto, importe",
    ),
    # parts, of which JOINS makes fields
    "first": ("first name, primer nombre, primeiro nome, given name", "nombre, nome, name, first"),
    "middle": ("segundo nombre, middle name, second name",),
    "last": (
        "last name, apellido, sobrenome, surname, primer apellido, apellido paterno, family name, lastname, paterno",
        "last",
    ),
    "second": ("segundo apellido, apellido materno, second last name, materno",),
    "street": (
        "calle, rua, street, logradouro, avenida, nombre calle, street name",
        "direccion, endereco, address, domicilio",
    ),
    "house": (
        "numero exterior, numero casa, street number, house number, altura, numero ext, calle numero",
        "numero, number, num, nro",
    ),
    "inside": (
        "direccion 2, address 2, endereco 2, line 2, linea 2, complemento, complement, apartamento, apto, apartment, "
        "depto numero, suite, numero interior, numero int, interior, piso, floor, unidad, detalle direccion",
    ),
    "quarter": (
        "barrio, colonia, bairro, neighborhood, neighbourhood, district, distrito, urbanizacion, vereda, barrio nombre",
    ),
    "landmark": (
        "punto referencia, ponto referencia, direccion referencia, envio referencia, endereco referencia, address reference, "
        "referencia entrega, referencia domicilio, indicacion, indicaciones, entre calle, landmark",
    ),
    "area": ("codigo area, area code, area, ddd, lada",),
    "local": (_LOCAL,),
    "method": (
        f"{_METHOD}, {_METODO}, payment type, payment mode",
        "payment method title, payment, pago, pagamento, gateway",
    ),
    "state": (
        "payment status, payment state, estado pago, estatus pago, status pago, status pagamento, financial status",
        "payment, pago, pagamento",
    ),
    "colour": ("color, cor, colour",),
    "size": ("talla, size, tamano, tamanho, talle",),
}

# Fields that may come in parts. Of those in ALONE one part is enough.
JOINS = {
    "address1": (" ", ("street", "house")),
    "name": (" ", ("first", "middle", "last", "second")),
    "phone": (" ", ("area", "local")),
    "address2": (", ", ("inside", "quarter", "landmark")),
    "payment": (" ", ("method", "state")),
    "variant_title": (" / ", ("colour", "size")),
}
ALONE = ("address2", "payment", "variant_title")

# Whose something is: words of what holds a field, or that stand in its own name beside it.
_GROUPS = {
    "order": "order orden ordene pedido venta compra sale purchase checkout cart carrito ecommerce encomenda",
    "buyer": "customer client cliente comprador buyer consumidor payer pagador shopper",
    "recipient": "destinatario destino recipient receiver receptor destination consignee",
    "shipping": "shipping ship shipment envio entrega delivery despacho domicilio",
    "billing": "billing bill facturacion cobranca faturamento",
    "address": "address direccion direccione domicilio endereco ubicacion",
    "person": "contact contacto contato person persona user usuario phone telefono telefone lead titular",
    "product": "product producto produto item iten articulo artigo variant variante variation variacion merchandise",
    "line": "line linea renglon detalle partida concepto",
    "payment": "payment pago pagamento",
    "money": "total totale totai monto amount resumen summary price precio costo",
    "foreign": "seller vendedor vendor store tienda shop loja lojista company empresa sender remitente remetente courier "
    "transportadora transportista carrier agent agente asesor asesora staff admin bodega warehouse event evento webhook app "
    "affiliate afiliado supplier proveedor fornecedor origin origen sucursal pickup tracking guia utm session device",
}
# Words that change nothing.
_NEUTRAL = (
    "data datos dado info informacion information detail field campo attribute completo completa principal main primary "
    "default final node 1"
)
# Names that may stand for what holds them: `city: {name}`, `total: {amount}`.
_HOLLOW = (
    "value valor amount monto importe name nombre nome text texto label title titulo description descripcion date oid "
    "number numero"
)
# Names that say nothing by themselves: whose they are says what holds them.
_GENERIC = (
    f"{_HOLLOW} id uuid code codigo total first last line linea 1 2 type tipo status estado estatus state situacao method "
    "metodo forma medio cost costo fee precio price preco fecha data hora created creado criado updated modified actualizado "
    "atualizado modificado timestamp datetime reference referencia ref gmt note nota num nro detalle concepto descricao "
    "comment full test local area"
)
# What an order may be wrapped in, what a list of lines may be called, what a list of orders.
_WRAPPERS = (
    "order orden ordene pedido venta compra sale purchase checkout ecommerce encomenda data datos dado payload body object "
    "resource content result resultado response message mensaje record json"
)
_LISTS = f"{_GROUPS['product']} {_GROUPS['line']} detail content cesta basket carrinho cart carrito compra"
_ORDERS = "order orden ordene pedido venta compra data datos result resultado record body sale"

_WHO = ("buyer", "recipient", "shipping", "billing", "address", "person", "order")
_PERSON = ("name", "email", "phone", "document", "first", "middle", "last", "second", "area", "local")
_PLACE = (
    "address1",
    "address2",
    "city",
    "region",
    "country",
    "postcode",
    "street",
    "house",
    "inside",
    "quarter",
    "landmark",
)
# Whose a field may be.
_ALLOWED = {
    **dict.fromkeys((*_PERSON, *_PLACE, "note"), _WHO),
    **dict.fromkeys((*LINE_FIELDS, "colour", "size"), ("product", "line", "order")),
    **dict.fromkeys(("product_id", "variant_id"), ("product",)),
    **dict.fromkeys(("total", "discount", "tax", "currency"), ("order", "money", "payment")),
    **dict.fromkeys(("method", "state"), ("order", "payment")),
    "shipping": ("order", "money", "shipping", "payment", "buyer"),
}
# Of several people and places the parcel's come first.
LIKED = {
    **{field: {"recipient": 0, "address": 1, "buyer": 2, "billing": 8} for field in _PERSON},
    **{field: {"recipient": 0, "shipping": 0, "address": 2, "person": 8, "billing": 16} for field in _PLACE},
}

Words = frozenset[str]

_JOINTS = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_EMPTY_WORDS = (
    "de del la el los las do da dos das of the at on y and al by para por for to tu su your seu sua mi is es em en a con "
    "cual que cuantas cuantos cuanto desea deseas quiere quieres escribe ingresa selecciona elige"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())


@lru_cache(4096)
def words(name: str) -> Words:
    """What a name says: `idProduto`, "ID do produto" and `produto_id` the same."""
    said = (each for each in fold(_JOINTS.sub(" ", name)).split() if each not in _EMPTY)
    return frozenset(each[:-1] if len(each) > 3 and each.endswith("s") else each for each in said)


def _index() -> dict[str, list[tuple[str, int, Words]]]:
    found: dict[str, list[tuple[str, int, Words]]] = {}
    for field, steps in FIELDS.items():
        for step, said in enumerate(steps):
            for phrase in map(words, said.split(",")):
                for word in sorted(phrase):
                    found.setdefault(word, []).append((field, step, phrase))
    return found


GROUPS = {group: words(said) for group, said in _GROUPS.items()}
NEUTRAL, HOLLOW, GENERIC = words(_NEUTRAL), words(_HOLLOW), words(_GENERIC)
WRAPPERS, LISTS, ORDERS = words(_WRAPPERS) | NEUTRAL, words(_LISTS), words(_ORDERS) | NEUTRAL
PLAIN_LISTS = words("data list lista edge node element row all")
LABELS = words("title titulo label text texto descripcion description")
PRICES = words("price precio preco")
LINE_PARTS = frozenset((*LINE_FIELDS, "colour", "size"))
# The name of a person or of an address is a person's; that of a city is the city.
NAMES, NAMELESS = words("name nombre nome"), frozenset((*_PERSON, "address1", "street", "inside", "landmark", "note"))
# What a message may have of its own, beside the order in it.
MESSAGE = frozenset(("external_id", "number", "ordered_at", "updated_at", "status", "total", "test", "note"))
PARTS = frozenset(part for _, parts in JOINS.values() for part in parts)
ALLOWED = {field: NEUTRAL.union(*(GROUPS[group] for group in _ALLOWED.get(field, ("order",)))) for field in FIELDS}
# By each of a phrase's words: its field, how likely it is, the phrase.
INDEX = _index()
