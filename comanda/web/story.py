"""An order's Historia: what arrived, what each attempt made of it, and what people did, in one line of time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any

from babel.dates import format_skeleton
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comanda.accounts.access import Access
from comanda.accounts.masking import Veil
from comanda.accounts.models import Account, AuditEntry
from comanda.accounts.region import zone
from comanda.catalogue.lookup import whole_title
from comanda.diagnosis.explain import STEP_LABELS, words
from comanda.history.models import Intake
from comanda.history.timeline import Trace, steps_of
from comanda.repair.corrections import line_of
from comanda.repair.models import Retry, RetryItem
from comanda.web.authors import names
from comanda.web.figures import dates
from comanda.web.language import reading
from comanda.web.mending import label, shown_value
from comanda.web.words import STATUSES, builder, uncapped

MENDS = {"id", "store_variant", "product", "variant", "file", "policy"}  # of a retry that follows what was mended
MOST = 100  # of each kind of row that people's doings are read from


@dataclass(frozen=True)
class Event:
    """Something that happened: when, in words, who did it, where more is to be seen, and what was changed."""

    at: datetime
    icon: str
    words: str
    tone: str = "dim"  # ok | bad | wait | info | dim
    actor: str = ""  # as the row has it
    who: str = ""
    href: str = ""
    changes: Sequence[tuple[str, str, str]] = field(default_factory=list)  # label, old, new


@dataclass(frozen=True)
class Day:
    name: str
    events: list[Event]


WHY = {
    "retry": gettext_lazy("por un reintento"),
    "correction": gettext_lazy("por una corrección"),
    "link": gettext_lazy("porque se vinculó un producto"),
    "catalogue": gettext_lazy("porque cambió el catálogo"),
    "stock": gettext_lazy("porque volvió inventario de otro pedido"),
    "secret": gettext_lazy("porque cambió la clave"),
    "store": gettext_lazy("porque cambió la tienda de la integración"),
    "mapping": gettext_lazy("porque cambió el mapeo de los campos"),
    "bin": gettext_lazy("porque la integración fue a la papelera"),
    "restore": gettext_lazy("porque se restauró la integración"),
    "cod_methods": gettext_lazy("porque cambiaron los nombres del pago contra entrega"),
    "choices": gettext_lazy("porque cambió la configuración del negocio"),
    "discard": gettext_lazy("porque se descartó"),
}
DID = {
    "created": gettext_lazy("pedido registrado"),
    "joined": gettext_lazy("se unió a otro pedido del mismo cliente"),
    "updated": gettext_lazy("pedido actualizado"),
    "reopened": gettext_lazy("pedido abierto de nuevo"),
    "unchanged": gettext_lazy("nada que cambiar"),
    "cancelled": gettext_lazy("pedido cancelado"),
}
SAYS_ALL = ("duplicate", "cancelled", "unpaid")  # statuses whose word needs no reason beside it
NEWS = {
    "edited": gettext_lazy("La tienda avisó de un cambio"),
    "deleted": gettext_lazy("La tienda avisó que lo borró"),
    "error": gettext_lazy("La tienda avisó del pedido, pero no lo envió"),
}
# What people do, by the action of their audit entry.
DONE = {
    "correct": ("pencil", gettext_lazy("Dato corregido")),
    "uncorrect": ("undo-2", gettext_lazy("Corrección deshecha")),
    "discard": ("ban", gettext_lazy("Pedido descartado")),
    "reveal": ("eye", gettext_lazy("Datos del cliente vistos")),
    "unlink": ("unlink", gettext_lazy("Vínculo quitado: «{title}»")),
    "secret": ("key-round", gettext_lazy("Clave de la integración cambiada")),
    "secret_removed": ("key-round", gettext_lazy("Clave de la integración quitada")),
    "verification": ("shield-check", gettext_lazy("Forma de verificar la integración cambiada")),
    "rotate": ("link-2", gettext_lazy("URL de la integración cambiada")),
    "begin_again": ("rotate-ccw", gettext_lazy("Integración repetida desde cero")),
    "map": ("waypoints", gettext_lazy("Campos mapeados")),
    "unmap": ("waypoints", gettext_lazy("Mapeo de los campos quitado")),
    "store": ("store", gettext_lazy("Tienda de la integración cambiada")),
    "bin": ("trash-2", gettext_lazy("Integración llevada a la papelera")),
    "restore": ("rotate-ccw", gettext_lazy("Integración restaurada")),
}

# What was done to its integration and changes nothing of what reaches us.
UNTOLD = ("connect", "former_ended", "rename", "trial")


def story(who: Access, intake: Intake, traces: Sequence[Trace], veil: Veil, reader: int | None) -> list[Day]:
    """Everything, the first thing first, by day. `traces` are the attempts that are told of, the newest first."""
    events = [
        *arrivals(intake, traces),
        *outcomes(traces),
        *doings(who, intake, traces, veil),
        *retries(who, intake, traces),
    ]
    events += others(who, intake)
    authors = names({each.actor for each in events if each.actor}, reader)
    events = [replace(each, words=veil.text(each.words), who=authors.get(each.actor, "")) for each in events]
    return by_day(sorted(events, key=lambda each: each.at), who.account)


def by_day(events: Iterable[Event], account: Account) -> list[Day]:
    there = zone(account)
    today = timezone.now().astimezone(there).date()
    groups = groupby(events, key=lambda each: each.at.astimezone(there).date())
    return [Day(day_name(day, today, account), list(found)) for day, found in groups]


def day_name(day: date, today: date, account: Account) -> str:
    """`Hoy`, `Ayer`, `lunes, 23 de noviembre`; with its year where that is another one."""
    if (today - day).days in (0, 1):
        return _("Hoy") if day == today else _("Ayer")
    skeleton = "MMMMEEEEd" if day.year == today.year else "yMMMMEEEEd"
    return str(format_skeleton(skeleton, datetime(day.year, day.month, day.day), locale=dates(account)))  # noqa: DTZ001


def arrivals(intake: Intake, traces: Sequence[Trace]) -> Iterator[Event]:
    """Each delivery once, when it came; what was read again did not come again."""
    about = {"builder": builder(intake.integration.platform), "name": intake.integration.name}
    yield Event(intake.received_at, "inbox", _("Llegó de {builder} «{name}»").format(**about), "info")
    seen: set[Any] = {traces[-1].attempt.delivery_id} if traces else set()
    for trace in reversed(traces):
        at = (trace.step("receive").get("output") or {}).get("received_at")
        if trace.attempt.delivery_id in seen or not at:
            continue
        seen.add(trace.attempt.delivery_id)
        yield Event(datetime.fromisoformat(at), "inbox", news(trace), "info", href=seen_at(intake, trace, "read"))


def news(trace: Trace) -> str:
    """What a delivery was about that was not the first."""
    kind = (trace.data.get("notice") or {}).get("kind", "")
    return str(NEWS.get(kind) or _("La tienda envió una versión nueva"))


def outcomes(traces: Sequence[Trace]) -> Iterator[Event]:
    """What became of each attempt: its status, and the step at which it ended."""
    for trace in traces:
        attempt, data = trace.attempt, trace.data
        word, icon, tone = STATUSES.get(attempt.status, (attempt.status, "info", "dim"))
        said = [_("Intento {number}").format(number=attempt.number)]
        if reason := WHY.get(attempt.trigger):
            said.append(str(reason))
        did = DID.get(data.get("registered", ""), "")
        end = str(did) if attempt.status == "registered" and did else ended(str(word).lower(), trace)
        yield Event(attempt.started_at, icon, f"{' '.join(said)}: {end}", tone)


def ended(word: str, trace: Trace) -> str:
    """`fallido en «Vincular productos»: producto sin vincular`; `omitido: pedido de prueba`; `duplicado`."""
    status, data = trace.attempt.status, trace.data
    if status == "superseded":
        return _("reemplazado por una versión más nueva")
    met = [each["code"] for each in data["problems"] if each["code"] != "update_problem"]
    if status in SAYS_ALL or not met:
        return word
    problem = title_of(met[0])
    stopped = next((step["step"] for step in steps_of(data).values() if step["status"] == "failed"), "")
    if status != "failed" or not stopped:
        return f"{word}: {problem}"
    place = STEP_LABELS[reading()][stopped]
    return _("{status} en «{step}»: {problem}").format(status=word, step=place, problem=problem)


def title_of(code: str) -> str:
    return uncapped(words(code)["title" if reading() == "es" else "title_en"])


def seen_at(intake: Intake, trace: Trace, step: str) -> str:
    return reverse("step", args=[intake.pk, trace.attempt.number, step]) + "?lado=entrada"


def doings(who: Access, intake: Intake, traces: Sequence[Trace], veil: Veil) -> Iterator[Event]:
    """What people did to this order, to the products that it names, and to its integration where it waited for that."""
    subjects = {problem["subject"] for trace in traces for problem in trace.data["problems"]}
    products = {each for each in subjects if each.startswith("store_variant:")}
    integration = subjects & {f"integration:{intake.integration_id}"}
    targets = [f"intake:{intake.pk}", *sorted(products)[:MOST], *integration]
    rows = who.rows(AuditEntry).filter(target__in=targets, at__gte=intake.received_at).exclude(action__in=UNTOLD)
    for row in rows.order_by("-id")[:MOST]:
        yield doing(row, veil, titles(traces).get(row.target, ""))


def doing(row: AuditEntry, veil: Veil, title: str) -> Event:
    difference, changes = row.difference, list[tuple[str, str, str]]()
    name = str(difference.get("field", ""))
    if row.action == "correct" and line_of(name) is not None:
        icon, said = "list-checks", _("Opción elegida para este pedido: {new}").format(new=difference.get("new", ""))
    elif special := SPECIAL.get(row.action):
        icon, said = special(difference, title)
    else:
        icon, words_ = DONE.get(row.action, ("user", row.action))
        said = str(words_).format(title=title)
    if row.action in ("correct", "uncorrect"):
        old, new = (shown_value(name, difference.get(side, ""), veil) for side in ("old", "new"))
        changes.append((label(name), old, new))
    return Event(row.at, icon, said, actor=row.actor, changes=changes)


def linked(difference: dict[str, str], title: str) -> tuple[str, str]:
    if difference.get("items") == "ignore":
        return "link", _("«{title}» no se despacha").format(title=title)
    return "link", _("Vinculado: «{title}» con {items}").format(title=title, items=difference.get("items", ""))


def retried(difference: dict[str, str], title: str) -> tuple[str, str]:
    anyway = difference.get("anyway") == "True"
    return "refresh-cw", _("Registrar de todos modos") if anyway else _("Reintento")


def switched(difference: dict[str, str], title: str) -> tuple[str, str]:
    on = difference.get("active") == "True"
    return "power", _("Integración encendida") if on else _("Integración apagada")


SPECIAL: dict[str, Callable[[dict[str, str], str], tuple[str, str]]] = {
    "link": linked,
    "retry": retried,
    "switch": switched,
}


def titles(traces: Sequence[Trace]) -> dict[str, str]:
    """What the store calls its products, by `store_variant:7`."""
    problems = [problem for trace in traces for problem in trace.data["problems"]]
    return {
        problem["subject"]: whole_title(facts.get("title"), facts.get("variant_title"))
        for problem in problems
        if (facts := problem["facts"]) and problem["subject"].startswith("store_variant:")
    }


def retries(who: Access, intake: Intake, traces: Sequence[Trace]) -> Iterator[Event]:
    """Bulk retries that took this order along. Looked for only where an attempt says that it was a retry's."""
    if not any(trace.attempt.trigger == "retry" for trace in traces):
        return
    since = who.rows(Retry).filter(created_at__gte=intake.received_at).order_by("-id")[:MOST]
    bulk = {row.pk: row for row in since if not MENDS & row.filter.keys()}
    for id_ in RetryItem.objects.filter(retry_id__in=bulk, intake=intake).values_list("retry_id", flat=True):
        said = _("Reintento junto con otros pedidos")
        yield Event(bulk[id_].created_at, "refresh-cw", said, actor=bulk[id_].author)


def others(who: Access, intake: Intake) -> list[Event]:
    """The same order through other integrations."""
    return [
        Event(
            each.received_at,
            "copy",
            _("El mismo pedido llegó por «{name}»").format(name=each.integration.name),
            href=reverse("intake", args=[each.pk]),
        )
        for each in siblings(who, intake)
    ]


def siblings(who: Access, intake: Intake) -> list[Intake]:
    """What other integrations brought of the same order of the store."""
    if not intake.key_id:
        return []
    same = who.rows(Intake).filter(key_id=intake.key_id).exclude(pk=intake.pk)
    return list(same.select_related("integration").order_by("received_at")[:10])
