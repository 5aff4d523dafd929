"""Sending the story over HTTP, and waiting until the worker is through."""

import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from comanda.accounts.access import Access
from comanda.demo.account import Demo
from comanda.demo.builders import BUILDERS
from comanda.demo.server import NotServed
from comanda.demo.story import Scene
from comanda.inbox.backlog import backlog
from comanda.integrations.connect import hook_url
from comanda.integrations.models import Integration
from comanda.integrations.vault import unseal

WORK_SECONDS = 60.0


@dataclass
class Sent:
    """The deliveries that were taken, and how many were refused for which reason."""

    deliveries: list[uuid.UUID] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)


def send(demo: Demo, url: str, told: list[tuple[str, Scene]]) -> Sent:
    """Post every scene to its integration's hook, in order. Raises NotServed when the server goes away."""
    sent = Sent()
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        for builder, scene in told:
            try:
                answer = post(client, builder, scene, demo.integration(builder, scene.second))
            except httpx.HTTPError as error:
                raise NotServed("server_away", f"{url} went away: {error}", url=url) from error
            said = answer.json()
            if answer.status_code == 200:
                sent.deliveries.append(uuid.UUID(said["delivery"]))
            elif scene.forged:
                sent.refused[said["error"]["code"]] += 1
            else:
                raise NotServed("not_taken", f"{url} refused an order: {answer.text}", status=answer.status_code)
    return sent


def post(client: httpx.Client, name: str, scene: Scene, integration: Integration) -> httpx.Response:
    builder = BUILDERS[name]
    body = BUILDERS[scene.payload_of or name].body(scene.sale)
    store = builder.other_store if scene.foreign else builder.store
    secret = "otra-clave" if scene.forged else secret_of(integration)
    headers = {"content-type": builder.content_type, **builder.headers(scene.sale, store, secret, body)}
    return client.post(urlsplit(hook_url(integration)).path, content=body, headers=headers)


def secret_of(integration: Integration) -> str:
    """The newest; empty where the URL is the secret."""
    newest = integration.secrets.order_by("id").last()
    return unseal(newest.sealed) if newest else ""


def wait_for_worker(access: Access) -> None:
    """Return when no delivery of the account waits any more."""
    deadline = time.monotonic() + WORK_SECONDS
    while waiting := backlog(access)["pending"]:
        if time.monotonic() > deadline:
            said = f"{waiting} deliveries still wait after {WORK_SECONDS:.0f} s: is a worker running?"
            raise NotServed("worker_away", said, pending=waiting)
        time.sleep(0.1)
