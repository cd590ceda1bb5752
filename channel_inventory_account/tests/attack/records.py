# SPDX-License-Identifier: AGPL-3.0-or-later
"""A record of every model in one company, whose texts all bear the company's mark."""

from datetime import timedelta

from odoo import SUPERUSER_ID
from odoo import fields as odoo_fields
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.tests.attack.rights import special_values
from odoo.addons.channel_inventory_base.tests.common import ChannelSetup, fake_adapter
from odoo.addons.channel_inventory_base.tests.fake_channel import FakeChannel

TEXT = ("char", "text", "html")
MAGIC = {"id", "create_uid", "create_date", "write_uid", "write_date", "display_name"}
# What a generic value would not fit: a database check, a name that code reads.
SPECIAL = {
    ("channel.exception", "res_model"): "channel.order",
    ("channel.message", "res_model"): "stock.picking",
    ("channel.audit", "res_model"): "channel.order",
    ("channel.hold", "cause"): "manual",
    ("channel.inbox.event", "state"): "dead",
    ("channel.publication", "state"): "dead",
    ("channel.message", "state"): "dead",
    ("channel.rejection", "res_ids"): [1],
    ("channel.shared.state", "value"): "{}",
    ("channel.routing.rule", "zip_prefixes"): None,
    ("channel.tax.map", "rate"): 15,
    ("channel.order", "state"): "blocked",
    ("channel.order", "data"): None,
}

# Those that life makes are the server's alone.
MADE_BY_PEOPLE = {"channel.hold"}


class Records(ChannelSetup):
    """Makes and remembers one record of each model.

    :ivar mark: stands in every text of this company, and nowhere else
    :ivar own: {table: ids of the rows that belong to this company}
    """

    def __init__(self, env, company, code):
        self.company = company
        self.mark = f"mark{code}".lower()
        context = dict(
            env.context, allowed_company_ids=company.ids, tracking_disable=True
        )
        self.env = env(user=SUPERUSER_ID, context=context)
        self.found = {}
        self.special = {**SPECIAL, **special_values(self.env)}
        self._make_company_life(code)

    # ------------------------------------------------- what really happens
    def _make_company_life(self, code):
        """A channel, stock, a sale that was imported, and one that is blocked."""
        env = self.env
        channel = self.make_channel(env, code, name=f"{self.mark} shop")
        warehouse = channel.node_ids.warehouse_ids
        product = self.make_product(
            env, code, 10, warehouse, company_id=self.company.id
        )
        listing = self.make_listing(env, channel, product, title=f"{self.mark} title")
        fake = FakeChannel()
        with fake_adapter(fake):
            env["channel.planner"]._run()
            level = env["channel.level"].search([("listing_id", "=", listing.id)])
            self.make_known(env, level, 10)
            fake.levels["item-1", "node-1"] = 10
            self.sold = self._sell(channel, fake, name=f"{self.mark} 1")
            self.blocked = self._sell(
                channel, fake, name=f"{self.mark} 2", line={"listing_ref": "unknown"}
            )
        for record in (
            self.company,
            channel,
            channel.node_ids,
            warehouse,
            product,
            product.product_tmpl_id,
            listing,
            level,
            self.blocked,
            self.sold.sale_order_id,
            self.sold.sale_order_id.order_line,
            self.sold.sale_order_id.picking_ids,
            self.sold.sale_order_id.order_line.move_ids,
        ):
            self.found[record._name] = record[:1]

    def _sell(self, channel, fake, **values):
        name = fake.sell(1, **values)
        event = fake.event(name)
        channel.env["channel.inbox.event"]._store(channel, [event], "webhook")
        channel.env["channel.intake"]._run(channel)
        order = channel.env["channel.order"].search(
            [("channel_id", "=", channel.id), ("external_id", "=", name)]
        )
        return order

    # ------------------------------------------------------- one of a model
    def one(self, model):
        """The record of ``model``; made of generic values where life made none."""
        if model not in self.found:
            self.found[model] = self.env[model]  # nothing may ask for it meanwhile
            self.found[model] = self._existing(model) or self._make(model)
        return self.found[model]

    def _existing(self, name):
        """What life has made. A view has no other rows."""
        model = self.env[name]
        if name in MADE_BY_PEOPLE:
            return model
        for field in model._fields.values():
            known = field.type == "many2one" and self.found.get(field.comodel_name)
            if known and field.store and field.comodel_name.startswith("channel."):
                if found := model.search([(field.name, "=", known.id)], limit=1):
                    return found
        if "channel_id" in model._fields:
            return model
        domain = []
        if "company_id" in model._fields:
            # what is of no company is an example, and nobody's to change
            domain = [("company_id", "=", self.company.id)]
        return model.search(domain, limit=1)

    def _make(self, name):
        model = self.env[name]
        if not model._auto or model._abstract:
            return model
        return model.create(self.values(name))

    def values(self, name):
        """Values for a new record of ``name`` in this company."""
        model = self.env[name]
        given = model.default_get(list(model._fields))
        vals = {}
        for field in model._fields.values():
            if field.name in MAGIC or not field.store:
                continue
            is_computed = field.compute or field.related
            if is_computed and (name, field.name) not in self.special:
                continue
            value = self._value(model, field, given)
            if value is not None:
                vals[field.name] = value
        return vals

    def _value(self, model, field, given):
        key = model._name, field.name
        if key in self.special:
            special = self.special[key]
            return special(self) if callable(special) else special
        if field.type == "many2one":
            return self._link(model, field)
        if field.name in given:
            return None
        if field.type in TEXT and model._name.startswith("channel."):
            return f"{self.mark} {field.name}"
        if not field.required:
            return None
        return self._plain(field)

    def _plain(self, field):
        if field.type == "selection":
            return field.get_values(self.env)[0]
        if field.type in ("integer", "float", "monetary"):
            return 1
        if field.type == "datetime":
            return odoo_fields.Datetime.now() + timedelta(days=1)
        if field.type == "date":
            return odoo_fields.Date.today()
        if field.type == "json":
            return {}
        if field.type == "boolean":
            return False
        if field.type in TEXT:
            return f"{self.mark} {field.name}"
        return None

    def _link(self, model, field):
        comodel = field.comodel_name
        if comodel == "res.company":
            return self.company.id
        if comodel == model._name or comodel in ("res.users", "channel.exception"):
            return None
        if comodel in self.found or not field.required:
            known = self.found.get(comodel)
            return known.id if known else None
        if comodel.startswith("channel."):
            return self.one(comodel).id
        return self._standard(self.env[comodel]).id or None

    def _standard(self, model):
        """A record of Odoo's own that fits this company."""
        domain = []
        if "company_id" in model._fields:
            domain = [("company_id", "in", (self.company.id, False))]
        found = model.search(domain, limit=1)
        if not found and {"company_id", "partner_id"} <= model._fields.keys():
            # a document, of which the company has none yet
            found = model.create({"partner_id": self.company.partner_id.id})
        return found

    # ---------------------------------------------------------- whose rows
    def rows(self, relations):
        """{table: ids of rows of this company} by every way a table says it."""
        return {relation: self._ids(relation) for relation in relations}

    def _ids(self, relation):
        columns = self._columns(relation)
        conditions = []
        if "company_id" in columns:
            conditions.append(SQL("company_id = %s", self.company.id))
        if "channel_id" in columns:
            conditions.append(
                SQL(
                    "channel_id IN "
                    "(SELECT id FROM channel_channel WHERE company_id = %s)",
                    self.company.id,
                )
            )
        if "order_id" in columns and relation.startswith("channel_"):
            conditions.append(
                SQL(
                    "order_id IN (SELECT id FROM channel_order WHERE company_id = %s)",
                    self.company.id,
                )
            )
        if not conditions or "id" not in columns:
            return set()
        found = self.env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE %s",
                SQL.identifier(relation),
                SQL(" OR ").join(conditions),
            )
        )
        return {row[0] for row in found}

    def _columns(self, relation):
        found = self.env.execute_query(
            SQL(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass "
                "AND attnum > 0 AND NOT attisdropped",
                relation,
            )
        )
        return {row[0] for row in found}
