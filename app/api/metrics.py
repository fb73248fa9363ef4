"""`/metrics`: what the rows tell, for Prometheus; only for who brings `HEBDO_METRICS_TOKEN`.

Nothing is counted as it happens: whichever process is asked, it looks at the rows.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, cast

from flask import Response, abort, current_app, request
from flask.typing import ResponseReturnValue

from app.api import door
from app.api.tallies import TIMES, Tallies
from app.core import deliveries, figures, installations
from app.core.deliveries import Progress
from app.extensions import settings

if TYPE_CHECKING:
    from prometheus_client.metrics_core import GaugeMetricFamily
    from prometheus_client.registry import Collector

STILL = 10 * TIMES
"""Of an issue that is out, figures move by a person's word alone: they are counted more seldom."""


@door.get("/metrics")
def metrics() -> ResponseReturnValue:
    """404 where no token is set, 401 for another one or none."""
    token = settings().metrics_token
    if not token:
        abort(404)
    brought = request.headers.get("Authorization", "").encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(brought, f"Bearer {token}".encode()):
        says = "Bring HEBDO_METRICS_TOKEN: Authorization: Bearer TOKEN\n"
        return Response(says, 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain")
    # Few installations ask, and the library takes a while to load.
    from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

    tallies: Tallies = current_app.extensions.setdefault("hebdo.tallies", Tallies())
    with tallies.lock:
        tallies.begin()
        # All that it asks of a collector is to collect.
        page = generate_latest(cast("Collector", _Collected(tallies)))
    return Response(page, content_type=CONTENT_TYPE_PLAIN_0_0_4)


@dataclass(frozen=True, slots=True)
class _Collected:
    tallies: Tallies

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _sends(self.tallies)
        yield from _notices()
        yield _held()
        yield _workers()
        yield _readers(self.tallies)


def _sends(tallies: Tallies) -> Iterator[GaugeMetricFamily]:
    issue = ("newsletter", "issue")
    planned = _gauge("deliveries_planned", "Copies planned, of one issue.", *issue)
    counted = _gauge("deliveries", "Copies of one issue; all states: planned.", *issue, "state")
    stands = _gauge("issue_state", "1: the issue stands in this state.", *issue, "state")
    trouble = _gauge("issue_trouble", "1: the desk shows what stands in its way.", *issue)
    for send in figures.sends():
        name = (send.newsletter, str(send.issue))
        stands.add_metric((*name, send.state), 1)
        trouble.add_metric(name, send.is_in_trouble)
        progress = _progress(send, tallies)
        if progress is not None:
            states = asdict(progress)
            planned.add_metric(name, states.pop("planned"))
            for state, count in states.items():
                counted.add_metric((*name, state), count)
    yield from (planned, counted, stands, trouble)


def _progress(send: figures.Send, tallies: Tallies) -> Progress | None:
    # With its state: at each step it is counted anew.
    what = (send.edition_id, send.state)

    def count() -> Progress:
        return deliveries.progress(send.edition_id)

    if send.is_under_way:
        return tallies.get(what, count)
    return tallies.get_in_time(what, count, STILL)


def _notices() -> Iterator[GaugeMetricFamily]:
    found = figures.notices()
    waiting = _gauge("notices_waiting", "Notices to be mailed, now or later.")
    waiting.add_metric((), found.waiting)
    oldest = _gauge("notices_oldest_due_seconds", "How long the first of them has been due.")
    oldest.add_metric((), found.oldest.total_seconds())
    yield from (waiting, oldest)


def _held() -> GaugeMetricFamily:
    made = _gauge("held", "1: nothing is sent from this database until it is adopted.")
    made.add_metric((), installations.is_held())
    return made


def _workers() -> GaugeMetricFamily:
    made = _gauge("worker_silence_seconds", "Since a worker of this queue spoke last.", "queue")
    for queue, since in figures.silences().items():
        made.add_metric((queue,), since.total_seconds())
    return made


def _readers(tallies: Tallies) -> GaugeMetricFamily:
    made = _gauge("subscriptions", "Readers, pending and confirmed.", "newsletter", "state")
    for (slug, state), count in tallies.get("readers", figures.readers).items():
        made.add_metric((slug, state), count)
    return made


def _gauge(name: str, says: str, *labels: str) -> GaugeMetricFamily:
    from prometheus_client.metrics_core import GaugeMetricFamily

    return GaugeMetricFamily(f"hebdo_{name}", says, labels=labels)
