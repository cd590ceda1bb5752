"""An HTML page of a simulation: figures, and plots of what was shown and what was true.

The plots are made by the same judge that made the figures, from the same facts.
"""

from html import escape

from . import outage, timeline
from .causes import CAUSES, Judge
from .oracle import latencies
from .plots import COLORS, Plot

WORST = 3
# Where people take part.
OF_PEOPLE = (
    ("money_wrong", "orders with money wrong"),
    ("tax_wrong", "orders with tax wrong"),
    ("money_told", "orders whose money a person was told of"),
    ("exceptions_missing", "exceptions missing"),
    ("exceptions_endless", "exceptions without end"),
    ("differences_injected", "differences made in shops"),
    ("differences_missed", "not found by their class"),
    ("differences_imagined", "found and not made"),
    ("orders_dropped_missed", "dropped orders not found"),
    ("audit_overwritten", "unseen sales overwritten by a repair"),
)
# Where somebody mends once a day what is left.
OF_DAYS = (
    ("orders_lost_next_day", "lost after its daily run"),
    ("orders_wrong_next_day", "wrong after it"),
    ("drift_next_day", "drift after it"),
)
COLUMNS = (
    ("shoppers", "shoppers"),
    ("orders_placed", "orders"),
    ("orders_lost", "lost"),
    ("orders_doubled", "doubled"),
    ("orders_wrong", "with other lines, or not cancelled"),
    ("units_sold", "units sold"),
    ("units_oversold", "units oversold"),
    ("oversold_per_1000", "oversold of 1,000 sold"),
    ("oversold_per_1000_beginning", "the same, of the beginning that all play"),
    ("unseen_sales_overwritten", "numbers written over an unseen sale"),
    ("units_oversold_unseen_sale", "by an overwritten sale"),
    ("units_oversold_office", "by a unit that Odoo's people took off an order"),
    ("units_oversold_hold_missing", "by a number behind what Odoo knew"),
    ("units_oversold_till_offline", "by a till without a connection"),
    ("units_oversold_latency_window", "by latency"),
    ("units_hidden", "units hidden"),
    ("drift_at_rest", "drift at rest"),
    ("lines_unaccounted", "order lines unaccounted for"),
    ("shipments_doubled", "parcels told twice"),
    ("shipments_lost", "parcels never told"),
    ("seconds_to_convergence", "s to convergence"),
    ("latency_p50", "latency p50 (s)"),
    ("latency_p95", "latency p95 (s)"),
    ("heard_p50", "from a shop until Odoo counts it p50 (s)"),
    ("heard_p95", "from a shop until Odoo counts it p95 (s)"),
    ("entered_p50", "from a shop to a sale order p50 (s)"),
    ("entered_p95", "from a shop to a sale order p95 (s)"),
    ("edits_found", "numbers typed in at shops, found by their class"),
    ("edits_undone", "taken back before anybody looked"),
    ("edits_overwritten", "written over where a shop cannot compare"),
    ("edits_missed", "left as they were typed in"),
    ("edits_imagined", "numbers that nobody had typed in, found"),
    ("crowd", "processes that wanted each processor"),
    ("fba_writes", "marketplace: numbers written on what it ships itself"),
    ("stubs", "marketplace: listings born by mistake"),
    ("waste", "marketplace: numbers that stood there already (%)"),
    ("false_drift", "marketplace: numbers doubted that nobody had changed"),
    ("zeros", "marketplace: numbers that came to be sold out"),
    ("zero_p95", "marketplace: until it shows 0 of them, p95 (s)"),
    ("zero_max", "the slowest (s)"),
)


class Story:
    """One strategy's run, ready to be drawn."""

    def __init__(self, name, facts):
        self.name, self.facts = name, facts
        self.stocks = timeline.read(facts)
        self.judge = Judge(facts, self.stocks)
        self.began = facts["began"]
        self.length = max(1.0, facts["ended"] - self.began)

    def worst(self):
        """(pool, SKU) of the products that were oversold most."""

        def excess(key):
            stock = self.stocks[key]
            return min((stock.left(t) for t in stock.wanted.times()), default=0)

        return sorted(self.stocks, key=lambda key: (excess(key), key))[:WORST]

    def draw(self, pool, sku):
        """What each shop showed of it, over what was truly left."""
        stock = self.stocks[pool, sku]
        times = sorted({*stock.there.times(), *stock.wanted.times()})
        truth = [(0, stock.left(self.began))]
        truth += [(t - self.began, stock.left(t)) for t in times]
        shown = {
            key[0]: [(max(0, e["t"] - self.began), e["after"]) for e in level.events]
            for key, level in self.judge.levels.items()
            if level.pool == pool and key[2] == sku
        }
        values = [y for line in (truth, *shown.values()) for _x, y in line]
        plot = Plot(
            f"{self.name}: {sku}",
            self.length,
            max(values),
            min(0, *values),
            "seconds; units shown, and truly left (thick)",
        )
        plot.ticks()
        plot.steps(truth, "#222", 3)
        plot.name("truly left", "#222")
        for color, (shop, line) in zip(COLORS, sorted(shown.items()), strict=False):
            plot.steps(line, color)
            plot.name(shop, color)
        return plot.svg()

    def histogram(self):
        late = latencies(self.facts, self.judge.levels)
        most = 20
        counts = [0] * most
        for each in late:
            counts[min(most - 1, int(each))] += 1
        plot = Plot(
            f"{self.name}: from commit to shop",
            most,
            max(counts),
            x_words=f"seconds; {len(late)} numbers, the last is {most - 1} and more",
        )
        plot.ticks()
        for index, count in enumerate(counts):
            plot.bar(index + 0.1, 0.8, 0, count, COLORS[1])
        return plot.svg()


def causes_plot(strategies):
    """Units oversold, a column a strategy, by cause."""
    most = max(each["units_oversold"] for each in strategies.values())
    plot = Plot("Units oversold, by cause", len(strategies), most)
    for index, (name, figures) in enumerate(strategies.items()):
        low = 0
        for color, cause in zip(COLORS, CAUSES, strict=False):
            units = figures[f"units_oversold_{cause}"]
            plot.bar(index + 0.2, 0.6, low, low + units, color)
            low += units
        plot.label(index + 0.5, f"{name}: {figures['units_oversold']:g}")
    for color, cause in zip(COLORS, CAUSES, strict=False):
        if any(each[f"units_oversold_{cause}"] for each in strategies.values()):
            plot.name(cause.replace("_", " "), color)
    return plot.svg()


def table(strategies):
    """Lines of a Markdown table, a row a figure."""
    names = list(strategies)
    yield "| | " + " | ".join(names) + " |"
    yield "| --- |" + " ---: |" * len(names)
    for key, words in columns(strategies):
        cells = (_cell(strategies[name].get(key)) for name in names)
        yield f"| {words} | " + " | ".join(cells) + " |"


def columns(strategies):
    """(figure, words) of each row of the table: those that are told of anybody."""
    known = {key for each in strategies.values() for key in each}
    fell = any(each.get("falls") for each in strategies.values())
    more = (row for row in (*OF_DAYS, *OF_PEOPLE) if row[0] in known)
    rows = (*COLUMNS, *more, *(outage.COLUMNS if fell else ()))
    return [
        row
        for row in rows
        if any(each.get(row[0]) is not None for each in strategies.values())
    ]


def _cell(value):
    return (
        "–"
        if value is None
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def write(folder, summary, facts):
    """:param facts: {strategy: facts}"""
    folder.mkdir(parents=True, exist_ok=True)
    strategies = summary["strategies"]
    rows = "".join(
        f"<tr><th>{escape(words)}</th>"
        + "".join(f"<td>{_cell(each.get(key))}</td>" for each in strategies.values())
        + "</tr>"
        for key, words in columns(strategies)
    )
    heads = "".join(f"<th>{escape(name)}</th>" for name in strategies)
    sections = [causes_plot(strategies)]
    for name, each in facts.items():
        story = Story(name, each)
        sections.append(f"<h2>{escape(name)}</h2><p>{escape(each['words'])}</p>")
        sections += [story.draw(*key) for key in story.worst()]
        sections.append(story.histogram())
    (folder / "index.html").write_text(
        PAGE.format(
            command=escape(summary["command"]),
            at=escape(summary["at"]),
            heads=heads,
            rows=rows,
            left_out="".join(
                f"<li>{escape(line)}</li>" for line in summary.get("left_out", ())
            ),
            body="\n".join(sections),
        )
    )


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Simulation</title><style>
body {{ font-family: sans-serif; max-width: 70em; margin: 2em auto; color: #333 }}
td, th {{ padding: 0.2em 0.8em; text-align: right; border-bottom: 1px solid #ddd }}
th:first-child {{ text-align: left }} svg {{ margin: 0.5em }}
</style></head><body>
<h1>What was shown, and what was true</h1>
<p><code>{command}</code>, {at}</p>
<table><tr><th></th>{heads}</tr>{rows}</table>
<ul>{left_out}</ul>
{body}
</body></html>
"""
