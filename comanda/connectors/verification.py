"""How a request proves that it comes from the store: a signature, a token, a password. Compared in constant time."""

import base64
import hmac
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from comanda.problems import Problem

Text = Annotated[str, Meta(max_length=80)]
HeaderName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}\Z")]


class Verification(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a custom builder signs.

    `kind`: none (whoever knows the URL may send), token (the secret itself in `header`), hmac (of the raw body, in `header`),
    standard (Standard Webhooks 1.0.0), basic (HTTP basic authentication; the secret is `user:password`). Without a `prefix`
    the algorithm may stand before an HMAC (`sha256=`), as in the examples of Comanda's own format.
    """

    kind: Literal["none", "token", "hmac", "standard", "basic"]
    header: HeaderName = "X-Comanda-Signature"
    algorithm: Literal["sha256", "sha1", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: Text = ""

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers that it reads, in lower case."""
        if self.kind == "standard":
            return ("webhook-id", "webhook-timestamp", "webhook-signature")
        if self.kind == "basic":
            return ("authorization",)
        return () if self.kind == "none" else (self.header.lower(),)

    def check(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> None:
        """Raise signature_missing or signature_invalid unless one of the secrets proves the request."""
        if self.kind == "none":
            return
        for name in self.headers:
            if not headers.get(name, "").strip():
                raise Problem("signature_missing", header=name)
        proofs = {"token": self.token, "hmac": self.hmac, "standard": standard, "basic": basic}
        one_of(secrets, lambda secret: proofs[self.kind](headers, body, secret))

    def token(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        return same(raw(headers[self.header.lower()].strip().removeprefix(self.prefix).strip()), secret)

    def hmac(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        given = headers[self.header.lower()].strip()
        if not given.startswith(self.prefix):
            return False
        digest = given.removeprefix(self.prefix or f"{self.algorithm}=")
        return signs(digest, body, secret, self.algorithm, self.encoding)

    def sign(self, body: bytes, secret: str) -> dict[str, str]:
        """The headers that prove a body, as the merchant's tool would send them."""
        if self.kind == "token":
            return {self.header.lower(): f"{self.prefix}{secret}"}
        if self.kind == "basic":
            return {"authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
        if self.kind == "standard":
            return sign_standard(body, secret)
        digest = hmac.digest(secret.encode(), body, self.algorithm)
        given = digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()
        return {self.header.lower(): f"{self.prefix}{given}"}


OWN = Verification(kind="hmac")  # of a tool that has a secret, where nothing was chosen


def sign_standard(body: bytes, secret: str) -> dict[str, str]:
    headers = {"webhook-id": f"msg_{uuid.uuid4().hex}", "webhook-timestamp": str(int(time.time()))}
    return headers | {"webhook-signature": standard_signature(headers, body, secret)}


def one_of(secrets: Sequence[str], proves: Callable[[str], bool], count: int | None = None) -> None:
    """Raise signature_invalid unless one of the secrets proves the request; `count`: how many the merchant has."""
    if not any(proves(secret) for secret in secrets if secret):
        raise Problem("signature_invalid", secrets=len(secrets) if count is None else count)


def raw(header: str) -> bytes:
    """A header's bytes: they are read as Latin-1, whatever the sender meant."""
    return header.encode("latin-1", "replace")


def same(given: bytes, wanted: str) -> bool:
    """Whether this is the secret, in UTF-8 or (as browsers and Python's requests write it) in Latin-1."""
    latin = wanted.encode("latin-1", "replace") if max(wanted) < "\u0100" else b""
    return hmac.compare_digest(given, wanted.encode()) or (bool(latin) and hmac.compare_digest(given, latin))


def signs(given: str, body: bytes, secret: str, algorithm: str = "sha256", encoding: str = "base64") -> bool:
    """Whether `given` is the HMAC of the body under this secret."""
    try:
        digest = bytes.fromhex(given) if encoding == "hex" else base64.b64decode(given.encode(), validate=True)
    except ValueError:  # no such writing
        return False
    return hmac.compare_digest(hmac.digest(secret.encode(), body, algorithm), digest)


def verify_hmac_base64(
    header: str, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], count: int | None = None
) -> None:
    """Check base64(HMAC-SHA256(secret, body)), against each of the secrets."""
    given = headers.get(header, "").strip()
    if not given:
        raise Problem("signature_missing", header=header)
    one_of(secrets, lambda secret: signs(given, body, secret), count)


def standard(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """https://www.standardwebhooks.com, symmetric signatures (`v1`). A message id counts once: no window of time is needed."""
    try:
        wanted = standard_signature(headers, body, secret)
    except ValueError:
        return False
    return any(same(raw(given), wanted) for given in headers["webhook-signature"].split())


def standard_signature(headers: Mapping[str, str], body: bytes, secret: str) -> str:
    """`v1,…` over id, time and body. Raises ValueError for a secret that is no base64."""
    key = base64.b64decode(secret.removeprefix("whsec_") + "==")  # more padding than is due does no harm
    if not key:
        raise ValueError("an empty secret")
    told = b"%b.%b.%b" % (raw(headers["webhook-id"]), raw(headers["webhook-timestamp"]), body)
    return "v1," + base64.b64encode(hmac.digest(key, told, "sha256")).decode()


def basic(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    scheme, _, given = headers["authorization"].strip().partition(" ")
    try:
        return scheme.lower() == "basic" and same(base64.b64decode(given.encode(), validate=True), secret)
    except ValueError:  # not ASCII, not base64
        return False
