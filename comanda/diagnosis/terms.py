"""Code words in the readers' languages: an order's fields, reasons that are stored with a problem, the door's reasons."""

FIELDS = {
    "es": {
        "name": "nombre",
        "email": "correo",
        "phone": "teléfono",
        "document": "documento",
        "address1": "dirección",
        "address2": "barrio o complemento",
        "city": "ciudad",
        "region": "departamento o estado",
        "country": "país",
        "postcode": "código postal",
        "reference": "punto de referencia",
        "note": "nota",
        "payment": "pago",
        "subtotal": "subtotal",
        "shipping": "envío",
        "discount": "descuento",
        "tax": "impuestos",
        "total": "total",
        "due": "por cobrar",
    },
    "en": {
        "name": "name",
        "email": "e-mail",
        "phone": "phone",
        "document": "document",
        "address1": "address",
        "address2": "district or complement",
        "city": "city",
        "region": "region",
        "country": "country",
        "postcode": "postcode",
        "reference": "landmark",
        "note": "note",
        "payment": "payment",
        "subtotal": "subtotal",
        "shipping": "shipping",
        "discount": "discount",
        "tax": "tax",
        "total": "total",
        "due": "to be collected",
    },
}

LINE = {"es": "línea {number}", "en": "line {number}"}  # `line:0` is the first

# Why an order was cancelled, in the builders' own words and ours.
REASONS = {
    "customer": "lo pidió el cliente",
    "fraud": "sospecha de fraude",
    "inventory": "no hay existencias",
    "declined": "el pago fue rechazado",
    "staff": "un error de la tienda",
    "other": "otro motivo",
    "refunded": "se devolvió el dinero",
    "deleted": "se borró en la tienda",
    "trash": "está en la papelera de la tienda",
    "cancelled": "se canceló en la tienda",
}

# What builders are called by a name that is no brand: the words by their label.
BUILDERS: dict[str, dict[str, str]] = {"es": {}, "en": {"A medida": "Custom"}}

# By language and by the name of the fact. English keeps the builders' own words for reasons.
TERMS = {
    "es": {"field": FIELDS["es"], "reason": REASONS, "path": {"$": "el contenido entero"}},
    "en": {"field": FIELDS["en"], "path": {"$": "the whole body"}},
}
for _language, _names in BUILDERS.items():
    TERMS[_language] |= {"builder": _names, "expected": _names}

# Why the door refused a request, as it goes on after "por" and "for".
REFUSALS = {
    "es": {
        "content_type_unsupported": "tipo de contenido no admitido",
        "disconnected": "conexión cortada antes de tiempo",
        "integration_binned": "estar en la papelera",
        "method_not_allowed": "método distinto de POST",
        "not_json": "contenido que no se puede leer",
        "signature_invalid": "firma que no coincide",
        "signature_missing": "falta de firma",
        "too_large": "tamaño excesivo",
        "timeout": "un envío que no terminó",
        "unknown_token": "URL desconocida",
    },
    "en": {
        "content_type_unsupported": "a content type that is not accepted",
        "disconnected": "a connection that broke off",
        "integration_binned": "being in the bin",
        "method_not_allowed": "a method other than POST",
        "not_json": "content that cannot be read",
        "signature_invalid": "a signature that does not match",
        "signature_missing": "a missing signature",
        "too_large": "being too large",
        "timeout": "not being sent to the end",
        "unknown_token": "an unknown URL",
    },
}


# What is said to somebody who typed no store of a builder: where its address is found.
NO_STORE = {
    "es": {
        "": "No parece la dirección de una tienda.",
        "shopify": "No parece la dirección de una tienda de Shopify: escribe la que termina en .myshopify.com."
        " En Shopify está en Configuración → Dominios.",
        "jumpseller": "No parece la dirección de una tienda de JumpSeller: escribe la que termina en .jumpseller.com."
        " Es la que ves al entrar a su panel.",
    },
    "en": {
        "": "This does not look like the address of a shop.",
        "shopify": "This does not look like the address of a Shopify shop: give the one that ends in .myshopify.com."
        " In Shopify it is in Settings → Domains.",
        "jumpseller": "This does not look like the address of a JumpSeller shop: give the one that ends in .jumpseller.com."
        " It is the one of its admin panel.",
    },
}


def no_store(platform: str, language: str) -> str:
    """Why what was typed is no store of this builder."""
    words = NO_STORE[language]
    return words.get(platform, words[""])


def field_called(field: str, language: str) -> str:
    """A field of an order in the reader's language; a line by its place."""
    kind, _colon, place = field.partition(":")
    if kind == "line" and place.isdecimal():
        return LINE[language].format(number=int(place) + 1)
    return FIELDS[language].get(field, field)


def builder_called(label: str, language: str) -> str:
    """A builder by its label, in the reader's language."""
    return BUILDERS[language].get(label, label)
