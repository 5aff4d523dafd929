"""How a store proves who it is, as a form: the key alone, or for a merchant's own tool also the way in which it sends it."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comanda.accounts.access import Access
from comanda.connectors.reading import misfit
from comanda.connectors.verification import Verification
from comanda.integrations import connect
from comanda.integrations.models import Integration

# Of each way: what it is called, what a tool sends.
KINDS = (
    ("none", gettext_lazy("Ninguna"), gettext_lazy("No envía ninguna prueba: la URL es el único secreto.")),
    ("token", gettext_lazy("Token"), gettext_lazy("Envía la clave tal cual, en un encabezado.")),
    ("hmac", gettext_lazy("HMAC"), gettext_lazy("Firma el contenido y envía la firma en un encabezado.")),
    (
        "standard",
        gettext_lazy("Standard Webhooks"),
        gettext_lazy("Envía webhook-id, webhook-timestamp y webhook-signature; la clave suele empezar por whsec_."),
    ),
    (
        "basic",
        gettext_lazy("Básica"),
        gettext_lazy("Envía usuario y contraseña; la clave se escribe usuario:contraseña."),
    ),
)
ALGORITHMS, ENCODINGS = ("sha256", "sha1", "sha512"), ("hex", "base64")
DETAILS = ("header", "algorithm", "encoding", "prefix")
LONGEST = 500


@dataclass
class Proof:
    """What a form says, or what holds now; `faults` by field. The key itself is never shown again."""

    kind: str
    header: str = "X-Comanda-Signature"
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    secret: str = ""
    faults: dict[str, str] = field(default_factory=dict)


def holding(row: Integration) -> Proof:
    """What an integration asks for now. Without a choice it is an HMAC as soon as there is a key."""
    if row.verification:
        return Proof(**{name: row.verification[name] for name in ("kind", *DETAILS)})
    return Proof("hmac" if row.secrets.exists() else "none")


def words(row: Integration) -> str:
    """How it proves itself now, in a line."""
    proof = holding(row)
    label = next((str(label) for kind, label, _words in KINDS if kind == proof.kind), proof.kind)
    return f"{label}, {proof.header}" if proof.kind in ("token", "hmac") else label


def given(post: Mapping[str, Any]) -> Proof:
    proof = Proof(clean(post.get("kind", "")), secret=clean(post.get("secret", ""), LONGEST))
    for name in DETAILS:
        setattr(proof, name, clean(post.get(name, getattr(proof, name))))
    return proof


def clean(value: str, limit: int = 80) -> str:
    return value.replace("\x00", "").strip()[:limit]


def save(who: Access, row: Integration, proof: Proof, *, replace: bool = False) -> int:
    """What the form says holds from now on; `replace`: the keys before count no more. Returns how many of the deliveries that
    were kept aside it proves. Where something is wrong, `proof.faults` says what, and nothing is changed."""
    who.change()
    chosen = chosen_way(row, proof) if row.connector.mappable else None
    check_secret(row, proof)
    freed = 0
    if proof.faults:
        return 0
    with transaction.atomic():
        if chosen and (row.verification or proof.kind != "none" or row.secrets.exists()):
            freed += connect.choose_verification(who, row, chosen)
        if proof.secret:
            who.audit("secret", f"integration:{row.pk}", **({"replaced": True} if replace else {}))
            freed += connect.add_secret(row, proof.secret, replace=replace)
    return freed


def chosen_way(row: Integration, proof: Proof) -> Verification | None:
    said = {name: getattr(proof, name) for name in ("kind", *DETAILS)}
    if proof.kind in ("none", "standard", "basic"):
        said = {"kind": proof.kind}
    try:
        return msgspec.convert(said, Verification)
    except msgspec.ValidationError as error:
        name = str(misfit(error).facts["path"])
        words = {"kind": _("Elige una de las opciones."), "header": _("Es el nombre de un encabezado, como X-Api-Key.")}
        proof.faults[name] = words.get(name, _("Elige una de las opciones."))
        return None


def check_secret(row: Integration, proof: Proof) -> None:
    """Whether there is a key where one is asked for, and whether it can be one of that sort."""
    secret, kind = proof.secret, proof.kind if row.connector.mappable else "key"
    if kind == "none":
        if secret:
            proof.faults["secret"] = _(
                "Con «Ninguna» la clave no se usa: elige cómo la envía tu herramienta, o bórrala."
            )
    elif not secret and (kind == "key" or not row.secrets.exists()):
        proof.faults["secret"] = _("Falta la clave: pégala completa.")
    elif secret and len(secret) < row.connector.shortest_secret:
        proof.faults["secret"] = _("No es la clave completa: es más larga. La guía dice dónde copiarla.")
    elif secret and kind == "basic" and ":" not in secret:
        proof.faults["secret"] = _("Escribe usuario:contraseña, con los dos puntos en medio.")
    elif secret and kind == "standard" and not is_standard(secret):
        proof.faults["secret"] = _(
            "No es una clave de Standard Webhooks: suele empezar por whsec_ y se copia completa."
        )


def is_standard(secret: str) -> bool:
    try:
        return bool(base64.b64decode(secret.removeprefix("whsec_") + "=="))
    except ValueError:
        return False
