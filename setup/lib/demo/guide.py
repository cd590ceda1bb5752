"""What ``docs/rollout.md`` promises: the checklist of each channel, moment by moment.

The tables of the guide are what is checked, so neither can say what the other does not.
"""

import re

import databases

from .processes import DemoError

PATH = databases.REPO / "docs" / "rollout.md"
ROW = re.compile(r"^\| (?P<moment>[^|]+) \| (?P<channel>[^|]+) \| (?P<rest>.+) \|$")
NOTHING = "-"
SECONDS = 90


def read(scenario, text=None):
    r"""The promises of one scenario.

    :return: {moment: {channel's name: (stages that are done, steps that come next)}}

    >>> rows = "| When | Channel | Done | Next |", "| begun | Shop | aligned | - |"
    >>> read("x", "\n".join(("## `x`", *rows, "## `y`")))
    {'begun': {'Shop': (('aligned',), ())}}
    """
    text = PATH.read_text() if text is None else text
    _before, _heading, section = text.partition(f"## `{scenario}`")
    found = {}
    for line in section.partition("\n## ")[0].splitlines():
        row = ROW.match(line)
        if not row or row["moment"] == "When" or row["moment"].startswith("---"):
            continue
        done, following = row["rest"].split(" | ")
        found.setdefault(row["moment"], {})[row["channel"]] = (
            _list(done),
            _list(following),
        )
    if not found:
        raise DemoError(f"{PATH.name} has no table of {scenario}")
    return found


def _list(words):
    return tuple(each.strip() for each in words.split(",") if each != NOTHING)


class Guide:
    """:param demo: what runs; its checklists are compared with the guide"""

    def __init__(self, scenario, demo):
        self.demo = demo
        self._moments = read(scenario)

    def expect(self, moment):
        """Wait until the checklists say what the guide promises of a moment.

        :raise DemoError: they do not
        """
        try:
            promised = self._moments.pop(moment)
        except KeyError:
            raise DemoError(f"the guide says nothing of “{moment}”") from None
        for name, wanted in promised.items():
            self._wait_for(moment, name, wanted)

    def _wait_for(self, moment, name, wanted):
        seen = []

        def is_so():
            seen[:] = [self.look(name)]
            return seen[0] == wanted

        try:
            self.demo.wait(f"{name}: the checklist is as promised", is_so, SECONDS)
        except DemoError as error:
            words = f"{moment}: {name} says {seen}, the guide {wanted}"
            raise DemoError(f"{words}\n{error}") from error

    def look(self, name):
        """:return: (stages that are done, steps of the next one that are not)"""
        [channel] = self.demo.odoo.find(
            "channel.channel", ["name", "=", name], fields=["rollout"]
        )
        done = [each["name"].lower() for each in channel["rollout"] if each["is_done"]]
        ahead = [each for each in channel["rollout"] if not each["is_done"]]
        steps = ahead[0]["steps"] if ahead else []
        return tuple(done), tuple(each["name"] for each in steps if not each["is_done"])

    def left(self):
        """:return: list of words: promises that were never looked at"""
        return [f"the guide's “{moment}” was never reached" for moment in self._moments]
