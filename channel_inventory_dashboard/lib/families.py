# SPDX-License-Identifier: AGPL-3.0-or-later
"""The names that Prometheus sees, and its text format. No odoo in here.

Labels are fixed: a channel's id and type, and what a family is split by. Never a SKU,
an order or a customer: each value would be a series of its own, for ever.
"""

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    SummaryMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST
CHANNEL = ("channel", "type")
QUANTILES = {"0.5": "p50", "0.95": "p95", "0.99": "p99"}

GAUGES = {
    "pending_levels": ("Quantities that wait to be published", ()),
    "oldest_pending_seconds": ("Age of the oldest of them", ()),
    "numbers": ("Quantities kept current on the channel", ()),
    "numbers_late": ("Quantities that are not current for longer than the target", ()),
    "freshness_target_seconds": ("Within which changes have to be shown", ()),
    "freshness_goal_ratio": ("Share that has to keep the target", ()),
    "new_events": ("Messages of the channel that wait to be processed", ()),
    "oldest_event_seconds": ("Age of the oldest of them", ()),
    "last_poll_age_seconds": ("Since orders were pulled completely", ()),
    "last_ack_age_seconds": ("Since the channel acknowledged a quantity", ()),
    "blocked_orders": ("Orders that a check has stopped", ()),
    "dead_letters": ("Messages that failed for good and wait for a person", ()),
    "exceptions_open": ("Open exceptions", ("category",)),
    "outage_seconds": ("How long the channel does not respond", ()),
    "connected": ("1 where the last connection was good", ()),
    "budget_left_ratio": ("Share of the channel's request budget that is left", ()),
    "short_units": ("Sold units that are not in stock", ()),
    "available_negative": (
        "Products and warehouses with less stock than is owed",
        None,
    ),
    "drift_units": ("Units by which channels differ, pending", ()),
    "last_reconciliation_timestamp_seconds": ("End of the last good run", ("kind",)),
}
"""Name: help, labels beside the channel's; None: it is of no channel."""

ZERO = (
    "new_events",
    "blocked_orders",
    "dead_letters",
    "outage_seconds",
    "short_units",
    "drift_units",
)
"""Told as 0 where a channel has none: a series that is gone is no news of it."""

COUNTERS = {
    "published": ("Quantities shown on the channel", {"": ("published",)}),
    "published_late": (
        "Quantities shown later than the target",
        {"": ("published_late",)},
    ),
    "orders_captured": ("Orders stored", {"": ("captured",)}),
    "missing_orders": ("Orders found by comparing, not told", {"": ("order_found",)}),
    "errors": (
        "What a channel or this side has refused",
        {
            "kind": (
                "stale",
                "rejected",
                "refused_webhook",
                "exception",
            )
        },
    ),
    "retries": (
        "Requests sent more than once",
        {"kind": ("publication_retry", "message_retry")},
    ),
    "late": (
        "What kept its target not",
        {"kind": ("received_late", "shipped_late")},
    ),
}
"""Name without ``_total``: help, {label it is split by, "": none; metrics counted}."""

HOPS = (
    "hop_queued",
    "hop_sent",
    "hop_answered",
    "hop_received",
    "hop_processed",
    "message_sent",
)


def counted():
    """Names of all hourly metrics that the families stand on."""
    names = {
        name
        for _help, split in COUNTERS.values()
        for each in split.values()
        for name in each
    }
    return sorted(names | {"published", *HOPS})


class Page:
    """One scrape: filled family by family, then written.

    :param channels: {id: type}
    """

    def __init__(self, channels):
        self._channels = channels
        self._families = []

    def collect(self):
        """Called by the registry of ``prometheus_client``."""
        return self._families

    def _labels(self, channel_id):
        return [str(channel_id), self._channels[channel_id]]

    def _known(self, rows):
        """Rows of channels that are there, in a stable order."""
        return sorted(
            (row for row in rows if row[0] in self._channels), key=lambda row: row[:2]
        )

    def add_gauge(self, name, rows):
        """:param rows: (channel id, label, value)"""
        words, more = GAUGES[name]
        labels = () if more is None else (*CHANNEL, *more)
        family = GaugeMetricFamily(f"channel_{name}", words, labels=labels)
        if more is None:
            for _channel, _label, value in rows:
                family.add_metric([], float(value or 0))
        if name in ZERO:
            found = {row[0] for row in rows}
            rows = [
                *rows,
                *((each, "", 0) for each in self._channels if each not in found),
            ]
        for channel_id, label, value in self._known(rows) if more is not None else ():
            split = [label] if more else []
            family.add_metric([*self._labels(channel_id), *split], float(value or 0))
        self._families.append(family)

    def add_counters(self, totals):
        """:param totals: {metric: {channel id: (count, sum)}}"""
        for name, (words, split) in COUNTERS.items():
            [(label, metrics)] = split.items()
            labels = (*CHANNEL, *([label] if label else []))
            family = CounterMetricFamily(f"channel_{name}", words, labels=labels)
            for metric in metrics:
                for channel_id in sorted(self._channels):
                    count, _sum = totals.get(metric, {}).get(channel_id, (0, 0))
                    values = [*self._labels(channel_id), *([metric] if label else [])]
                    family.add_metric(values, float(count))
            self._families.append(family)

    def add_latency(self, totals, quantiles):
        """From the commit of a change to the channel's number.

        :param quantiles: {channel id: (p50, p95, p99)} of the last hour
        """
        family = SummaryMetricFamily(
            "channel_publish_latency_seconds",
            "From the commit of a change until the channel shows it",
            labels=CHANNEL,
        )
        for channel_id in sorted(self._channels):
            count, total = totals.get("published", {}).get(channel_id, (0, 0))
            labels = self._labels(channel_id)
            family.add_metric(labels, count_value=float(count), sum_value=float(total))
            known = dict(zip(CHANNEL, labels, strict=True))
            figures = quantiles.get(channel_id) or ()
            for quantile, value in zip(QUANTILES, figures, strict=False):
                family.add_sample(
                    "channel_publish_latency_seconds",
                    {**known, "quantile": quantile},
                    float(value),
                )
        self._families.append(family)
        hops = SummaryMetricFamily(
            "channel_hop_seconds", "Each part of the way", labels=(*CHANNEL, "hop")
        )
        for hop in HOPS:
            for channel_id, (count, total) in sorted(totals.get(hop, {}).items()):
                if channel_id in self._channels:
                    hops.add_metric(
                        [*self._labels(channel_id), hop.removeprefix("hop_")],
                        count_value=float(count),
                        sum_value=float(total),
                    )
        self._families.append(hops)

    def add_jobs(self, rows):
        """:param rows: (state, queue, count)"""
        family = GaugeMetricFamily(
            "queue_job_jobs", "Jobs of queue_job", labels=("state", "channel")
        )
        for state, queue, count in sorted(rows):
            family.add_metric([state, queue], float(count))
        self._families.append(family)

    def add_names(self, names):
        """:param names: {channel id: name}"""
        family = GaugeMetricFamily(
            "channel_info", "Names of channels", labels=(*CHANNEL, "name")
        )
        for channel_id, name in sorted(names.items()):
            family.add_metric([*self._labels(channel_id), name], 1)
        self._families.append(family)

    def add_seconds(self, seconds):
        family = GaugeMetricFamily("channel_scrape_seconds", "What reading this took")
        family.add_metric([], seconds)
        self._families.append(family)

    def render(self):
        """:return: bytes in the text format of Prometheus"""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)


def names():
    """All names of series that a scrape may have."""
    found = {f"channel_{name}" for name in GAUGES}
    found |= {f"channel_{name}_total" for name in COUNTERS}
    for name in ("channel_publish_latency_seconds", "channel_hop_seconds"):
        found |= {name, f"{name}_count", f"{name}_sum"}
    return found | {"queue_job_jobs", "channel_info", "channel_scrape_seconds"}
