"""Write a connector from the files in ``template``; ``setup/scaffold-connector`` is its
front. Needs Python only.

A template is a file of the connector with ``.in`` behind its name and ``{{words}}`` in
its text (``words_for``).
"""

import argparse
import re
import shutil
import sys
from datetime import datetime, timezone
from pathlib import Path

REPO = Path(__file__).resolve().parents[3]
TEMPLATE = Path(__file__).resolve().parent / "template"
ICONS = REPO / "channel_inventory_base" / "static" / "description"
NAME = re.compile("[a-z][a-z0-9_]*")
TITLE = re.compile(r"[^\W_]([\w .-]*[\w.])?")
LONGEST = 24
"""Letters of a name and of a title: lines of code have to bear them."""
TAKEN = ("none",)
"""Types of channels that the base has itself."""


class ScaffoldError(Exception):
    """Nothing was written; the message says why."""


def main(arguments):
    options = parse(arguments)
    try:
        addon = scaffold(options.name, options.title, options.into)
    except ScaffoldError as error:
        sys.exit(f"setup/scaffold-connector: {error}")
    print(f"{addon}: {sum(path.is_file() for path in addon.rglob('*'))} files")
    print(f"next: setup/test {addon.name}, and docs/connectors.md")


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="setup/scaffold-connector", description="Write a new connector."
    )
    parser.add_argument("name", help="of the channel type: letters, digits and _")
    parser.add_argument("title", nargs="?", help='as people call it, "Acme Market"')
    parser.add_argument(
        "--into", type=Path, default=REPO, metavar="DIR", help="folder of addons"
    )
    return parser.parse_args(arguments)


def scaffold(name, title=None, into=REPO):
    """Write ``channel_connector_<name>`` into the folder ``into``.

    :return: its path
    :raise ScaffoldError: a name that cannot be one, or is taken
    """
    title = title or name.replace("_", " ").strip().title()
    addon = Path(into) / f"channel_connector_{name}"
    check(name, title, addon)
    words = words_for(name, title)
    for source in sorted(TEMPLATE.rglob("*.in")):
        target = addon / filled(str(source.relative_to(TEMPLATE)), words)[:-3]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(filled(source.read_text(), words))
    (addon / "static" / "description").mkdir(parents=True, exist_ok=True)
    for icon in ("icon.png", "icon.svg"):
        shutil.copy(ICONS / icon, addon / "static" / "description" / icon)
    return addon


def check(name, title, addon):
    if not NAME.fullmatch(name):
        raise ScaffoldError(f"{name!r} is no name: a-z, then a-z, 0-9 and _")
    if name in TAKEN or (REPO / addon.name).exists():
        raise ScaffoldError(f"there is a channel type {name} already")
    if not TITLE.fullmatch(title):
        raise ScaffoldError(f"{title!r} is no title: letters, digits, spaces, . and -")
    if max(len(name), len(title)) > LONGEST:
        raise ScaffoldError(f"name and title have at most {LONGEST} letters")
    if not addon.parent.is_dir():
        raise ScaffoldError(f"{addon.parent} is no folder")
    if addon.exists():
        raise ScaffoldError(f"{addon} exists")


def words_for(name, title):
    """What stands for the ``{{words}}`` of the templates.

    >>> words_for("acme_market", "Acme")["class"]
    'AcmeMarket'
    """
    return {
        "name": name,
        "title": title,
        "class": "".join(map(str.capitalize, name.split("_"))),
        # what underlines the heading of README.rst
        "line": "=" * len(f"Channel Connector {title}"),
        "now": f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M%z}",
    }


def filled(text, words):
    for word, value in words.items():
        text = text.replace(f"{{{{{word}}}}}", value)
    return text


if __name__ == "__main__":
    main(sys.argv[1:])
