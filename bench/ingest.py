"""How fast signed orders get their 200: beside the same server storing nothing, and beside one commit a request."""

from argparse import Namespace

from bench.common import Load, hook_path, load, main, median, open_shop, ratio, server, show

TARGETS = {"sqlite": (0.40, 3.0), "postgres": (0.35, 2.5)}


def measure(given: Namespace) -> None:
    path = hook_path(open_shop())
    rounds: dict[str, list[Load]] = {"comanda": [], "verify": [], "single": []}
    with (
        server("comanda", "web") as (web, _),
        server("bench.doors", "verify") as (verify, _),
        server("bench.doors", "single") as (single, _),
    ):
        ports = {"comanda": web, "verify": verify, "single": single}
        first = 0
        for _ in range(given.rounds + 1):
            for name, port in ports.items():
                most = given.requests // 6 if name == "single" else given.requests
                rounds[name].append(load(port, path, first, most))
                first += most
    check(rounds)
    report(given.database, {name: loads[1:] for name, loads in rounds.items()})  # the first one warms up


def check(rounds: dict[str, list[Load]]) -> None:
    """Every id that was answered with 200 is in the table, and nothing else is."""
    from comanda.inbox.models import Delivery

    answered = [id_ for name in ("comanda", "single") for each in rounds[name] for id_ in each.delivered]
    stored = {str(id_) for id_ in Delivery.objects.values_list("id", flat=True)}
    assert len(set(answered)) == len(answered), "an id was answered twice"
    assert set(answered) == stored, f"{len(answered)} answered, {len(stored)} stored"


def report(database: str, rounds: dict[str, list[Load]]) -> None:
    rate = {name: median([each.rate for each in loads]) for name, loads in rounds.items()}
    p50, p99 = (median([each.percentile(share) for each in rounds["comanda"]]) for share in (0.5, 0.99))
    of_verify, of_single = TARGETS[database]
    stored = sum(len(each.delivered) for each in rounds["comanda"])
    show(
        f"ingest, {database}: signed 3 KB orders, 64 connections; {stored} answered and found on disk",
        [
            ("", "orders/s", "ratio", "target"),
            ("comanda web", f"{rate['comanda']:.0f}", "", ""),
            ("verified, not stored", f"{rate['verify']:.0f}", *ratio(rate["comanda"] / rate["verify"], of_verify)),
            ("one commit a request", f"{rate['single']:.0f}", *ratio(rate["comanda"] / rate["single"], of_single)),
            (f"p50 {p50:.1f} ms, p99 {p99:.1f} ms", "", *ratio(p99 / p50, 4, most=True)),
        ],
    )


if __name__ == "__main__":
    main(measure, rounds=5, requests=12_000)
