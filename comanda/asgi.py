"""The ASGI application: /hooks to the inbox, all else to Django."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comanda.settings")

from django.core.asgi import get_asgi_application

django = get_asgi_application()

from comanda.inbox.receive import Door, Receive, Scope, Send  # noqa: E402 (needs the apps)

door = Door()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["path"].startswith("/hooks/"):
        await door(scope, receive, send)
    else:
        await django(scope, receive, send)  # type: ignore[arg-type]


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
