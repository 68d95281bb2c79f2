"""Prometheus metrics. Labels are job types, outcomes and states only: never a case, a name or an address."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_LATENCIES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

JOBS = Counter(
    "renkei_jobs", "Jobs by type and outcome (complete, throw, fail)", ["type", "outcome"], registry=REGISTRY
)
JOBS_AGAIN = Counter("renkei_jobs_redelivered", "Jobs answered from their stored outcome", ["type"], registry=REGISTRY)
JOB_GROUPS = Counter("renkei_job_groups", "Groups of short jobs by end (committed, undone)", ["end"], registry=REGISTRY)
JOB_GROUP_SIZE = Histogram("renkei_job_group_size", "Jobs of a group", buckets=(1, 2, 4, 8, 16, 32), registry=REGISTRY)
JOB_FALLBACKS = Counter(
    "renkei_job_group_fallbacks",
    "Jobs of groups that were undone, by reason (business, error, busy, slow, taken, order, cancelled)",
    ["reason"],
    registry=REGISTRY,
)
JOBS_RUNNING = Gauge("renkei_jobs_running", "Handlers at work, or in line for a group", registry=REGISTRY)
JOBS_HELD = Gauge("renkei_jobs_held", "Jobs taken from the engine: waiting or at work", registry=REGISTRY)
JOBS_GIVEN_BACK = Counter(
    "renkei_jobs_given_back", "Jobs given back to the engine unstarted: no room, or a stop", registry=REGISTRY
)
JOB_SECONDS = Histogram(
    "renkei_job_seconds", "Time from taking a slot to the commit", ["type"], buckets=_LATENCIES, registry=REGISTRY
)
GATEWAY_UP = Gauge("renkei_gateway_up", "1 when Zeebe's gateway answered last", registry=REGISTRY)
WORKER_RESTARTS = Counter("renkei_worker_restarts", "Worker loops that ended and were built anew", registry=REGISTRY)

MAILS = Counter("renkei_mails", "Mails by outcome (sent, retry, bounced, failed)", ["outcome"], registry=REGISTRY)
MAIL_SECONDS = Histogram(
    "renkei_mail_seconds", "Time to hand a mail to the server", buckets=_LATENCIES, registry=REGISTRY
)
WAITING = Gauge("renkei_outbox_waiting", "Rows of an outbox that wait", ["outbox"], registry=REGISTRY)
OLDEST = Gauge("renkei_outbox_oldest_seconds", "Age of an outbox's oldest waiting row", ["outbox"], registry=REGISTRY)
SENDER_PAUSED = Gauge(
    "renkei_sender_paused", "1 while the mail server refuses us: login, TLS or sender address", registry=REGISTRY
)
ENGINE_CALLS = Counter(
    "renkei_engine_calls", "Engine calls of the outbox by kind and outcome", ["kind", "outcome"], registry=REGISTRY
)
RENEWALS_DUE = Gauge(
    "renkei_renewals_due", "Agreements with a step of their renewal due that the watch has not done", registry=REGISTRY
)
ACTS = Gauge(
    "renkei_acts",
    "Completed tasks without a person: waiting to be looked up, unassigned, unknown",
    ["state"],
    registry=REGISTRY,
)
ACTS_OLDEST = Gauge("renkei_acts_oldest_seconds", "Age of the oldest act that waits", registry=REGISTRY)


def group_ended(size: int, reason: str) -> None:
    """Count a group of jobs; ``reason``: why it was undone, empty where it was committed."""
    JOB_GROUPS.labels("undone" if reason else "committed").inc()
    JOB_GROUP_SIZE.observe(size)
    if reason:
        JOB_FALLBACKS.labels(reason).inc(size)
