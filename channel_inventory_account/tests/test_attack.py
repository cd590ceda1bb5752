# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every role tries every model, field and public method, here and elsewhere."""

import inspect
import os
from contextlib import suppress
from pathlib import Path

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.attack.rights import ALL, as_markdown

from .attack.case import REFUSALS, AttackCase
from .attack.records import MAGIC

BEGIN = "<!-- roles matrix: generated; begin -->"
END = "<!-- roles matrix: generated; end -->"
# Who sells: their documents may have rows of the suite, by buttons that a table names.
SELLERS = ("sales", "sales_manager", "invoicing")
VERBS = {
    "copy",
    "copy_data",
    "create",
    "default_get",
    "init",
    "load",
    "onchange",
    "read",
    "unlink",
    "write",
}


@tagged("post_install", "-at_install")
class TestAttack(AttackCase):
    """Whatever somebody tries, the rows of another company stay as they are."""

    # ------------------------------------------------------- the table itself
    def test_every_model_field_and_method_has_a_row(self):
        faults = []
        for name in sorted(self.models(self.env)):
            if name not in self.rows:
                faults.append(f"{name}: no row in any tests/rights.py")
                continue
            faults += self._missing(name, self.rows[name])
        for name, names in self._added().items():
            listed = self.standard.get(name)
            known = f"{listed.people} {listed.server}".split() if listed else []
            faults += [f"{name}.{each}: no row" for each in names if each not in known]
        self.no_faults(faults)

    def _missing(self, name, row):
        faults = []
        if row.may("write") and not self.env[name]._transient:
            known = row.field_roles()
            faults += [
                f"{name}.{each}: no row"
                for each in self.writable(name)
                if each not in known
            ]
        known = row.method_roles()
        return faults + [
            f"{name}.{each}(): no row"
            for each in self.methods(name)
            if each not in known
        ]

    def test_no_row_without_a_model_field_or_method(self):
        faults = [
            f"{name}: no such model" for name in self.rows if name not in self.env
        ]
        for name, row in self.rows.items():
            if name not in self.env:
                continue
            fields, methods = self.env[name]._fields, set(self.methods(name))
            faults += [f"{name}.{n}" for n in row.field_roles() if n not in fields]
            faults += [f"{name}.{n}()" for n in row.method_roles() if n not in methods]
        self.no_faults(faults)

    def test_attacks_have_something_to_attack(self):
        """A model of which no record could be made would be attacked in vain."""
        empty = [
            name
            for name in sorted(self.models(self.env))
            if self.env[name]._auto
            and not (self.theirs.one(name) and self.mine.one(name))
        ]
        self.assertEqual(empty, [])
        self.assertGreater(sum(map(len, self.foreign.values())), 60)

    def test_contexts_arrive(self):
        """Or all defaults that are refused below would prove nothing."""
        vals = self.vals_of_new("channel.node")
        vals.pop("name", None)
        outcome = self.attempt(
            self.people["manager"],
            "channel.node",
            "create",
            vals,
            context={"default_name": "by default"},
        )
        self.assertIn("by default", repr(outcome.result), outcome.error)

    # -------------------------------------------------------------- look-ups
    def writable(self, name):
        """Fields of a model of the suite that a write could reach."""
        return [
            field.name
            for field in self.env[name]._fields.values()
            if field.name not in MAGIC
            and (field.store or field.inverse)
            and any(module.startswith("channel_") for module in field._modules)
        ]

    def methods(self, name):
        """Public methods that the suite defines for a model."""
        found = set()
        for cls in type(self.env[name]).__mro__:
            if cls.__module__.startswith("odoo.addons.channel_"):
                found |= {
                    key
                    for key, value in vars(cls).items()
                    if inspect.isfunction(value) and not key.startswith("_")
                }
        return sorted(found - VERBS)

    def _added(self):
        """{model of Odoo's: fields that the suite adds}"""
        found = {}
        for name, model in self.env.items():
            if name.startswith("channel.") or model._abstract or model._transient:
                continue
            names = [
                field.name
                for field in model._fields.values()
                if field._modules
                and all(each.startswith("channel_") for each in field._modules)
                and (field.store or field.inverse)
            ]
            if names:
                found[name] = names
        return found

    # ----------------------------------------------------------------- rights
    def test_roles_may_do_what_the_table_says_and_no_more(self):
        faults = []
        for name, row in sorted(self.rows.items()):
            for operation in ("read", "write", "create", "unlink"):
                for role, user in self.people.items():
                    may = self.env[name].with_user(user).has_access(operation)
                    if may != (role in row.may(operation)):
                        faults.append(f"{role} {operation} {name}: {may}")
        self.no_faults(faults)

    def test_the_documented_matrix_is_the_table(self):
        """``CHANNEL_WRITE_DOCS=1`` writes it anew."""
        path = Path(__file__).parents[2] / "docs" / "security.md"
        if not path.exists():
            self.skipTest("installed without its documentation")
        text = path.read_text()
        before, _begin, rest = text.partition(BEGIN)
        _old, end, after = rest.partition(END)
        wanted = f"{before}{BEGIN}\n\n{as_markdown(self.env)}\n\n{END}{after}"
        if os.environ.get("CHANNEL_WRITE_DOCS"):
            path.write_text(wanted)
        self.assertTrue(end, "no place for the matrix in docs/security.md")
        self.assertEqual(path.read_text(), wanted)

    # ------------------------------------------------------------------ reads
    def test_nothing_of_another_company_is_read(self):
        faults = []
        with self.quiet():
            for name in sorted(self.models(self.env)):
                for role in self.people:
                    faults += self._reads(name, role)
        self.no_faults(faults)

    def _reads(self, name, role):
        user, record = self.people[role], self.theirs.one(name)
        calls = self._few_reads(record)
        if self.env[name].with_user(user).has_access("read"):
            calls += self._more_reads(name, record)
        for method, args, kwargs in calls:
            outcome = self.attempt(user, name, method, *args, **kwargs)
            for word in self.harm(outcome):
                yield f"{role} {method} {name}: {word}"
            if method == "search_count" and outcome.result and self._is_theirs(record):
                yield f"{role} finds {record}"

    @staticmethod
    def _few_reads(record):
        """For those who may not read the model at all: one of each way in."""
        return [
            ("search_read", [[]], {}),
            ("read", [record.ids], {}),
            ("search_count", [[("id", "in", record.ids)]], {}),
        ]

    def _more_reads(self, name, record):
        names = [
            each
            for each, field in self.env[name]._fields.items()
            if not (field.compute and not field.store and not field.related)
        ]
        every = {each: {} for each in names}
        return [
            ("web_search_read", [[]], {"specification": every}),
            ("formatted_read_group", [[], self._groups(name), ["__count"]], {}),
            ("name_search", [self.theirs.mark], {}),
            ("export_data", [record.ids, names], {}),
            ("web_read", [record.ids, every], {}),
            ("copy", [record.ids], {}),
        ]

    def _is_theirs(self, record):
        return record.id in self.foreign.get(record._table, ())

    def _groups(self, name):
        return [
            each.name
            for each in self.env[name]._fields.values()
            if each.store and each.type in ("many2one", "char", "selection")
        ][:3]

    # ----------------------------------------------------------------- fields
    def test_fields_are_written_by_those_whom_the_table_names(self):
        """Alone, in an update and in a new record, and as a default of the context."""
        faults = []
        with self.quiet():
            for name in sorted(self.models(self.env)):
                if self.env[name]._auto and not self.env[name]._transient:
                    for role in self.people:
                        faults += self._writes(name, role)
        self.no_faults(faults)

    def _writes(self, name, role):
        row, user = self.rows[name], self.people[role]
        allowed, record = row.field_roles(), self.mine.one(name)
        names = self.writable(name)
        if not self.env[name].with_user(user).has_access("write"):
            names = names[:1]  # refused whatever is written
        for field in names:
            may = role in allowed.get(field, ())
            value = self.other_value(record, field)
            for verb, outcome in self._ways(user, record, field, value):
                yield from (
                    f"{role} {verb} {name}.{field}: {word}"
                    for word in self.harm(outcome)
                )
                if not may and self._took(record, field, value, outcome):
                    yield f"{role} {verb} {name}.{field}: written"
                fixed = field in row.fixed.split()
                refused = isinstance(outcome.error, AccessError)
                if may and verb == "write" and refused and not fixed:
                    yield f"{role} {verb} {name}.{field}: {outcome.error}"

    def _ways(self, user, record, field, value):
        name = record._name
        yield "write", self.attempt(user, name, "write", record.ids, {field: value})
        yield (
            "web_save",
            self.attempt(
                user, name, "web_save", record.ids, {field: value}, specification={}
            ),
        )
        if not self.env[name].with_user(user).has_access("create"):
            return
        vals = self.vals_of_new(name)
        yield "create", self.attempt(user, name, "create", {**vals, field: value})
        vals.pop(field, None)
        yield (
            "default",
            self.attempt(
                user, name, "create", vals, context={f"default_{field}": value}
            ),
        )

    def vals_of_new(self, name):
        """What a person of the first company would fill in."""
        row = self.rows[name]
        wanted = {n for n, roles in row.field_roles().items() if roles}
        vals = {
            key: value for key, value in self.mine.values(name).items() if key in wanted
        }
        for key in ("name", "external_id", "gateway", "title"):
            if key in vals:
                vals[key] = f"{vals[key]} again"
        return vals

    def other_value(self, record, name):
        """A value of the field's type that the record does not have."""
        field = record._fields[name]
        if field.type == "many2one":
            return self._other_link(record, field)
        if field.type in ("one2many", "many2many"):
            return [(4, each) for each in self.mine.one(field.comodel_name).ids]
        if field.type == "selection":
            usual = {record[name], *record.default_get([name]).values()}
            values = field.get_values(self.env)
            return next((each for each in values if each not in usual), values[0])
        if field.type == "boolean":
            return not record[name]
        if field.type in ("integer", "float", "monetary"):
            return record[name] + 7
        if field.type == "datetime":
            return "2031-01-01 00:00:00"
        if field.type == "date":
            return "2031-01-01"
        return {"x": 1} if field.type == "json" else "attacked"

    def _other_link(self, record, field):
        model = self.env[field.comodel_name].sudo()
        found = model.search([("id", "!=", record[field.name].id)], limit=20)
        mine = found.filtered(lambda each: not self._is_theirs(each))
        return mine[:1].id or record[field.name].id

    def _took(self, record, name, value, outcome):
        """Whether a row of this table has the value that was tried."""
        field = record._fields[name]
        for hit in outcome.hits:
            if hit.relation != record._table or not field.column_type:
                continue
            if hit.operation == "DELETE" or not hit.changed(name):
                continue
            written = hit.new.get(name)
            if written is not None and self._same(field, written, value):
                return True
        return False

    def _same(self, field, written, value):
        if field.type == "datetime":
            return str(written).replace("T", " ")[:19] == value
        if field.translate:
            return value in dict(written).values()
        return written == value

    # ------------------------------------------------------- foreign records
    def test_nothing_is_moved_to_another_company_or_tied_to_it(self):
        faults = []
        with self.quiet():
            for name in sorted(self.models(self.env)):
                if self.env[name]._auto:
                    for role in ("user", "operator", "manager"):
                        faults += self._moves(name, role)
        self.no_faults(faults)

    def _moves(self, name, role):
        user, record = self.people[role], self.mine.one(name)
        if not self.env[name].with_user(user).has_access("write"):
            return
        for field in self.env[name]._fields.values():
            foreign = self._foreign_link(field)
            if not foreign:
                continue
            value = foreign.id if field.type == "many2one" else [(4, foreign.id)]
            for verb, outcome in self._ways(user, record, field.name, value):
                for word in self.harm(outcome):
                    yield f"{role} {verb} {name}.{field.name} = theirs: {word}"
                if not outcome.error and self._took(record, field.name, value, outcome):
                    yield f"{role} {verb} {name}.{field.name} = theirs: taken"
            spec = {each: {} for each in self.env[name]._fields}
            outcome = self.attempt(
                user, name, "onchange", [], {field.name: value}, [field.name], spec
            )
            for word in self.harm(outcome):
                yield f"{role} onchange {name}.{field.name} = theirs: {word}"

    def _foreign_link(self, field):
        """The other company's record that a relation of the suite might name."""
        if field.type not in ("many2one", "many2many", "one2many"):
            return None
        if field.comodel_name == "res.company":
            return self.theirs.company
        found = self.theirs.found.get(field.comodel_name)
        return found if found and self._is_theirs(found) else None

    # ---------------------------------------------------------------- unlink
    def test_nothing_of_another_company_is_deleted(self):
        faults = []
        with self.quiet():
            for name in sorted(self.models(self.env)):
                record = self.theirs.one(name)
                for role, user in self.people.items():
                    outcome = self.attempt(user, name, "unlink", record.ids)
                    faults += [
                        f"{role} unlink {name}: {word}" for word in self.harm(outcome)
                    ]
        self.no_faults(faults)

    # --------------------------------------------------------------- methods
    def test_buttons_do_nothing_to_another_company(self):
        faults = []
        with self.quiet():
            for name, methods in self._buttons():
                for role, user in self.people.items():
                    for method in methods:
                        outcome = self._press(user, self.theirs, name, method)
                        faults += [
                            f"{role} {name}.{method}(theirs): {word}"
                            for word in self.harm(outcome)
                        ]
        self.no_faults(faults)

    def test_buttons_change_something_for_those_whom_the_table_names(self):
        faults = []
        with self.quiet():
            for name, methods in self._buttons():
                roles = self.rows[name].method_roles() if name in self.rows else {}
                theirs = self.standard[name].methods if name in self.standard else ""
                for role, user in self.people.items():
                    for method in methods:
                        if role in roles.get(method, ALL):
                            continue
                        if role in SELLERS and method in theirs.split():
                            continue
                        outcome = self._press(user, self.mine, name, method)
                        faults += [
                            f"{role} {name}.{method}(): wrote {hit}"
                            for hit in outcome.hits
                            if hit.relation.startswith("channel_")
                        ]
        self.no_faults(faults)

    def _buttons(self):
        for name in sorted(self.models(self.env)) + sorted(self.standard):
            if methods := self.methods(name):
                yield name, methods

    def _press(self, user, records, name, method):
        record = records.found.get(name)
        record = records.one(name) if record is None else record
        args = [
            self.theirs.company.id
            for _each in self.required_arguments(getattr(type(record), method))
        ]
        context = {
            "active_model": name,
            "active_id": self.theirs.one("channel.order").id,
            "active_ids": self.theirs.one("channel.order").ids,
        }
        return self.attempt(user, name, method, record.ids, *args, context=context)

    # ---------------------------------------------------------------- wizards
    def test_wizards_act_on_nothing_of_another_company(self):
        faults = []
        with self.quiet():
            for name in sorted(self.models(self.env)):
                if self.env[name]._transient:
                    for role in ("user", "operator", "manager", "sales", "stock"):
                        faults += self._wizard(name, role)
        self.no_faults(faults)

    def _wizard(self, name, role):
        """Filled in by hand with their records, then each of its buttons."""
        user = self.people[role]
        if not self.env[name].with_user(user).has_access("create"):
            return
        for vals in self._wizard_values(name):
            for method in ["read", *self.methods(name)]:
                outcome = self._use_wizard(user, name, vals, method)
                for word in self.harm(outcome):
                    yield f"{role} {name}({vals}).{method}: {word}"

    def _wizard_values(self, name):
        """Their records in every relation, in ``res_ids``, and all of it together."""
        together = {}
        for field in self.env[name]._fields.values():
            foreign = self._foreign_link(field)
            if foreign:
                many = [(6, 0, foreign.ids)]
                value = foreign.id if field.type == "many2one" else many
                if field.type != "one2many":
                    together[field.name] = value
                    yield {field.name: value}
        if "res_ids" in self.env[name]._fields:
            for model in ("channel.rule", "channel.allocation.group", "channel.order"):
                ids = self.theirs.one(model).ids
                yield {"res_model": model, "res_ids": ids, "reason": "x"}
        if "res_id" in self.env[name]._fields:
            for model in ("channel.inbox.event", "channel.message"):
                record = self.theirs.one(model)
                yield {"res_model": model, "res_id": record.id, "content": "{}"}
        if together:
            yield {**self.mine.values(name), **together}

    def _use_wizard(self, user, name, vals, method):
        env = self.env(user=user, su=False)
        with self._forgotten(), suppress(*REFUSALS):
            wizard = env[name].create(vals)
            env.flush_all()
            return self.attempt(user, name, method, wizard.ids)
        # refused: what it says is looked at
        return self.attempt(user, name, "create", vals)

    # ---------------------------------------------------------------- imports
    def test_imports_write_no_more_than_forms(self):
        faults = []
        with self.quiet():
            for name in sorted(self.models(self.env)):
                if not self.env[name]._auto or self.env[name]._transient:
                    continue
                for role in ("user", "operator", "manager"):
                    faults += self._imports(name, role)
        self.no_faults(faults)

    def _imports(self, name, role):
        user, record = self.people[role], self.mine.one(name)
        allowed = self.rows[name].field_roles()
        for field in self.writable(name):
            kind = self.env[name]._fields[field].type
            if kind in ("one2many", "many2many", "json"):
                continue
            value = self.other_value(record, field)
            column = f"{field}/.id" if kind == "many2one" else field
            outcome = self.attempt(
                user, name, "load", [".id", column], [[str(record.id), str(value)]]
            )
            for word in self.harm(outcome):
                yield f"{role} load {name}.{field}: {word}"
            if role not in allowed.get(field, ()):
                if self._took(record, field, value, outcome):
                    yield f"{role} load {name}.{field}: written"
        theirs = self.theirs.one(name)
        for field in ("active", "name", "sequence", "state", "quantity"):
            if theirs and field in self.env[name]._fields:
                outcome = self.attempt(
                    user, name, "load", [".id", field], [[str(theirs.id), "1"]]
                )
                for word in self.harm(outcome):
                    yield f"{role} load theirs {name}.{field}: {word}"

    # ------------------------------------------------- documents of Odoo's own
    def test_fields_on_documents_are_written_by_the_server_alone(self):
        faults = []
        with self.quiet():
            for name, row in sorted(self.standard.items()):
                for field in row.server.split():
                    for role in (
                        "sales",
                        "sales_manager",
                        "stock_manager",
                        "invoicing",
                    ):
                        faults += self._document(name, field, role)
                        faults += self._document(name, field, role, theirs=True)
        self.no_faults(faults)

    def _document(self, name, field, role, theirs=False):
        user, kind = self.people[role], self.env[name]._fields[field]
        record = self.mine.found.get(name) or self.mine.one(name)
        if not (record and kind.store):
            return
        value = self.other_value(record, field)
        if theirs:
            foreign = self._foreign_link(kind)
            if not foreign:
                return
            value = foreign.id if kind.type == "many2one" else [(4, foreign.id)]
        vals = self._document_values(name)
        tries = {
            "write": ("write", record.ids, {field: value}),
            "create": ("create", {**vals, field: value}),
        }
        for verb, call in tries.items():
            outcome = self.attempt(user, name, *call)
            yield from self._judge(role, verb, record, field, value, outcome)
        outcome = self.attempt(
            user, name, "create", vals, context={f"default_{field}": value}
        )
        yield from self._judge(role, "default", record, field, value, outcome)

    def _judge(self, role, verb, record, field, value, outcome):
        place = f"{role} {verb} {record._name}.{field}"
        for word in self.harm(outcome):
            yield f"{place}: {word}"
        if self._took(record, field, value, outcome):
            yield f"{place}: written"

    def _document_values(self, name):
        """As little as a person may fill in for a new document."""
        partner = self.env["res.partner"].search([], limit=1)
        product = self.mine.found["product.product"]
        values = {
            "sale.order": {"partner_id": partner.id},
            "sale.order.line": {
                "order_id": self.mine.found["sale.order"].id,
                "product_id": product.id,
            },
            "account.move": {"move_type": "out_invoice", "partner_id": partner.id},
            "res.partner": {"name": "Attacked"},
            "stock.location": {
                "name": "Attacked",
                "location_id": self.mine.found["stock.warehouse"].lot_stock_id.id,
            },
        }
        return dict(values.get(name, {"name": "Attacked"}))
