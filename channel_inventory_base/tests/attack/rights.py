# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one table of who may what.

A row names the least role that may: ``user`` stands for User, Operator and Manager of
Channels, ``operator`` for the last two, ``reader`` for all who may read the record,
the auditor included, ``server`` for nobody.
"""

import importlib
from dataclasses import dataclass, field

# who has a role of Channels, each including those before it, but for the auditor
CHANNEL_ROLES = ("user", "operator", "manager")
# Roles of addons beside them, each with the role of Channels that it includes. Where
# the addon is not installed there is nobody who has it.
BESIDE = {"accountant": "user"}
ALL = frozenset(("auditor", *CHANNEL_ROLES, *BESIDE))
NOBODY = frozenset()
OPERATIONS = ("read", "create", "write", "unlink")


def least(role):
    """The roles of Channels that include ``role``."""
    if role == "server":
        return NOBODY
    if role == "reader":
        return ALL
    if role == "audit":
        return frozenset(("auditor", "manager"))
    if role in BESIDE:
        return frozenset((role,))
    found = CHANNEL_ROLES[CHANNEL_ROLES.index(role) :]
    return frozenset((*found, *(one for one, has in BESIDE.items() if has in found)))


@dataclass(frozen=True)
class Row:
    """What people may do with one model of the suite.

    :param read, write, create, unlink: the least role for each
    :param fields: {least role: names}; those of models that somebody may write
    :param methods: {least role: names} of public methods that are no ORM verbs
    :param adds: the row only adds to another addon's model
    :param fixed: fields that stay, where they matter, as they were when it was made
    :param readers: roles of Odoo's apps that read it beside those of Channels
    """

    read: str = "reader"
    write: str = "server"
    create: str = "server"
    unlink: str = "server"
    fields: dict = field(default_factory=dict)
    methods: dict = field(default_factory=dict)
    adds: bool = False
    fixed: str = ""
    readers: str = ""

    def may(self, operation):
        roles = least(getattr(self, operation))
        return roles | set(self.readers.split()) if operation == "read" else roles

    def field_roles(self):
        """{field: roles that may write it}"""
        return _by_name(self.fields)

    def method_roles(self):
        """{method: roles that may have it change something}"""
        return _by_name(self.methods)

    def plus(self, other):
        """This row with the fields and methods that another addon adds to its model."""
        one, two = (self, other) if self.owns else (other, self)
        return Row(
            one.read,
            one.write,
            one.create,
            one.unlink,
            _joined(one.fields, two.fields),
            _joined(one.methods, two.methods),
            self.adds and other.adds,
            f"{one.fixed} {two.fixed}".strip(),
            f"{one.readers} {two.readers}".strip(),
        )

    @property
    def owns(self):
        """Whether this is the row of the addon that defines the model."""
        return not self.adds


def wizard(role, methods="", **more):
    """The row of a wizard: who may open it may do all with it."""
    return Row(role, role, role, role, methods={role: methods, **more})


def _by_name(grouped):
    return {
        name: least(role) for role, names in grouped.items() for name in names.split()
    }


def _joined(one, other):
    return {
        role: f"{one.get(role, '')} {other.get(role, '')}".strip()
        for role in one.keys() | other.keys()
    }


@dataclass(frozen=True)
class Standard:
    """What the suite adds to a model of Odoo's: fields for the people of that model,
    fields that only the server writes, and buttons by which those who sell change rows
    of the suite."""

    people: str = ""
    server: str = ""
    methods: str = ""

    def plus(self, other):
        return Standard(
            f"{self.people} {other.people}",
            f"{self.server} {other.server}",
            f"{self.methods} {other.methods}",
        )


def table(env):
    """Put the rows of all installed addons together.

    :return: ({model: Row}, {model of Odoo's: Standard})
    """
    rows, standard = {}, {}
    for addon in sorted(env.registry._init_modules):
        if not addon.startswith("channel_"):
            continue
        module = _load(addon)
        _collect(rows, getattr(module, "RIGHTS", {}))
        _collect(standard, getattr(module, "STANDARD", {}))
    return rows, standard


def people(env):
    """:return: {role: its groups} of roles that addons add"""
    found = {}
    for addon in env.registry._init_modules:
        if addon.startswith("channel_"):
            found.update(getattr(_load(addon), "PEOPLE", {}))
    return found


def special_values(env):
    """:return: {(model, field): what a generic value would not fit, or a function of
    the Records}, of all addons"""
    found = {}
    for addon in env.registry._init_modules:
        if addon.startswith("channel_"):
            found.update(getattr(_load(addon), "VALUES", {}))
    return found


def without_company(env):
    """:return: names of models that have no company of their own, of all addons"""
    found = set()
    for addon in env.registry._init_modules:
        if addon.startswith("channel_"):
            found |= getattr(_load(addon), "NO_COMPANY", set())
    return found


def _collect(rows, more):
    for model, row in more.items():
        rows[model] = rows[model].plus(row) if model in rows else row


def _load(addon):
    name = f"odoo.addons.{addon}.tests.rights"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in (name, name.rpartition(".")[0]):
            raise
        return None


def as_markdown(env):
    """The table for people: what each role may do with the records of a model."""
    rows, _standard = table(env)
    lines = ["| records | read | create | change | delete |", "| --- " * 5 + "|"]
    for name in sorted(rows):
        model, row = env[name], rows[name]
        if not model._transient:
            rights = [_words(row.may(each)) for each in OPERATIONS]
            lines.append(
                " | ".join([f"| {model._description} (`{name}`)", *rights]) + " |"
            )
    return "\n".join(lines)


def _words(roles):
    if not roles:
        return "server only"
    shown = ("auditor", *CHANNEL_ROLES)
    # who has a role of Channels is no news
    shown += tuple(role for role, has in BESIDE.items() if has not in roles)
    known = [role for role in shown if role in roles]
    known += [role.replace("_", " ") for role in sorted(roles - ALL)]
    return ", ".join(known).capitalize()
