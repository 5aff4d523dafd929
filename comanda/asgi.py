"""The ASGI application: /hooks to the inbox, all else to Django."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comanda.settings")

from django.conf import settings
from django.core.asgi import get_asgi_application

django = get_asgi_application()

from comanda.inbox.receive import Door, Receive, Scope, Send, error, reply  # noqa: E402 (needs the apps)

door = Door()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["path"].startswith("/hooks/"):
        await door(scope, receive, send)
    elif declared(scope) > settings.PAGE_LIMIT:
        await reply(send, 413, error("too_large", f"A request has up to {settings.PAGE_LIMIT} bytes."))
    else:
        await django(scope, bounded(receive), send)  # type: ignore[arg-type]


def declared(scope: Scope) -> int:
    given = dict(scope["headers"]).get(b"content-length", b"")
    return int(given) if given.isdigit() and len(given) < 19 else 0


def bounded(receive: Receive) -> Receive:
    """A body that says nothing of its length, and goes on and on, is taken for one whose sender has gone."""
    left = settings.PAGE_LIMIT

    async def received() -> dict[str, Any]:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        return message if left >= 0 else {"type": "http.disconnect"}

    return received


async def lifespan(receive: Any, send: Any) -> None:
    """At the end, what is queued is committed before the process goes."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            door.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
