"""Writes measured figures into the documentation, between its marks."""

import databases

from . import report

DOCS = databases.REPO / "docs" / "accuracy.md"
README = databases.REPO / "README.md"
SCALING = databases.REPO / "docs" / "scaling.md"
FOLDER = databases.REPO / "docs" / "accuracy"


def write(summary, facts):
    """Table and plots of this run; ``faults none`` has a part of its own, somebody
    else's connector two, and several servers another page."""
    calm = summary["faults"] == "none"
    body = [
        f"Measured {summary['at'][:10]} by",
        "",
        "```shell",
        summary["command"],
        "```",
        "",
        f"in {summary['seconds'] / 60:.0f} minutes"
        f" on {summary['processors']} processors.",
        "",
        *report.table(summary["strategies"]),
        "",
    ]
    if summary.get("servers", 1) > 1:
        _between(SCALING, "servers", body)
        return
    if summary.get("left_out"):
        body += _left_out(summary["left_out"])
        _between(DOCS, f"rival {'calm' if calm else 'faults'}", body)
        return
    if calm:
        body += _throughput(summary["strategies"])
        _between(DOCS, "calm", body)
        return
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "causes.svg").write_text(report.causes_plot(summary["strategies"]))
    pictures = ["![Units oversold, by cause](accuracy/causes.svg)", ""]
    for name, each in facts.items():
        story = report.Story(name, each)
        key = story.worst()[0]
        for kind, text in (("shown", story.draw(*key)), ("late", story.histogram())):
            (FOLDER / f"{name}-{kind}.svg").write_text(text)
        pictures += [
            f"![{name}: shown and true](accuracy/{name}-shown.svg)",
            f"![{name}: latency](accuracy/{name}-late.svg)",
            "",
        ]
    _between(DOCS, "faults", [*body, *pictures])
    _between(README, "accuracy", [*report.table(summary["strategies"]), ""])


def _left_out(lines):
    yield (
        "–: nobody keeps account of it there; of convergence: it never came right."
        " Left out for all:"
    )
    yield ""
    for index, line in enumerate(lines):
        yield f"- {line}{'.' if index == len(lines) - 1 else ';'}"
    yield ""


def _throughput(strategies):
    yield "| | orders a minute | numbers a second | processors busy | bound by |"
    yield "| --- | ---: | ---: | ---: | --- |"
    for name, each in strategies.items():
        yield (
            f"| {name} | {each['orders_per_minute']} | {each['levels_per_second']} |"
            f" {each['processors_busy']} % | {each['bound_by']} |"
        )
    yield ""


def _between(path, name, lines):
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    before, _mark, rest = path.read_text().partition(begin)
    _old, mark, after = rest.partition(end)
    if not mark:
        raise ValueError(f"{path.name} has no marks {begin} and {end}")
    body = "\n".join(lines).rstrip()
    path.write_text(f"{before}{begin}\n\n{body}\n\n{end}{after}")
