# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from odoo.addons.channel_inventory_base.tools.actions import open_form

from ..lib.replay import Figures, Level, play
from ..lib.terms import Terms

LONGEST = 180
BATCH = 500
"""So many products are in memory at a time, with all their moves and sales."""

PLAYS = ("happened", "present", "draft")


class ChannelBacktest(models.TransientModel):
    """Drafts of rules or groups played over the company's own past.

    The same drafts as in the preview, and the same sample of listings. For each of
    their products what came and left, what was sold and how long numbers took is read
    (``channel.backtest.source``), and played three times: as it was, with the rules in
    effect now, and with the drafts. ``lib/replay`` is the model, and says exactly what
    it counts. One statement for each kind of fact reads ``BATCH`` products at once; a
    sale changes what the next shopper finds, so that these are played one by one.
    Nothing is written but the figures.
    """

    _name = "channel.backtest"
    _description = "Backtest of Rules"
    _inherit = ["channel.guarded"]

    preview_id = fields.Many2one(
        "channel.rule.preview", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id", related_sudo=False)
    days = fields.Integer(
        default=30, required=True, help="How many days back from today"
    )
    is_played = fields.Boolean(readonly=True)
    product_count = fields.Integer(readonly=True)
    sale_count = fields.Integer(string="Order Lines", readonly=True)
    notes = fields.Text(readonly=True)
    line_ids = fields.One2many("channel.backtest.line", "backtest_id", readonly=True)

    # ------------------------------------------------------------- actions
    def action_play(self):
        self.ensure_one()
        if not 1 <= self.days <= LONGEST:
            raise UserError(self.env._("Choose from 1 to %(days)s days.", days=LONGEST))
        company = self._get_company()
        figures, counts = self.preview_id._bounded(lambda: self._play(company))
        self.write(
            {
                "company_id": company.id,
                "is_played": True,
                "product_count": counts["products"],
                "sale_count": counts["sales"],
                "notes": "\n".join(self._get_notes(figures, counts)),
                "line_ids": [
                    (5, 0, 0),
                    *((0, 0, values) for values in self._prepare_lines(figures)),
                ],
            }
        )
        return self._open()

    def action_back(self):
        return self.preview_id._open()

    def _open(self):
        return open_form(
            self._name,
            self.id,
            name=self.env._("Backtest"),
            target="new",
            context={"dialog_size": "extra-large"},
        )

    # ------------------------------------------------------------- playing
    def _get_company(self):
        """:raise UserError: stock, orders and money are of one company"""
        company = self.preview_id._subject().company_id
        if len(company) != 1:
            raise UserError(
                self.env._(
                    "Play the rules of one company at a time: stock, orders and money "
                    "are of one."
                )
            )
        return company

    def _play(self, company):
        """:return: ({play: Figures}, {what is said beside them: how many})"""
        scope, drafts = self.preview_id._get_drafted()
        product_ids, left_out = self._find_products(company, scope)
        rules = {"rules": self.env["channel.rule"]}
        present = self._read_levels(company, product_ids, rules)
        draft = self._read_levels(company, product_ids, drafts)
        limited = {
            product_id
            for levels in (present, draft)
            for product_id, each in levels.items()
            if each is None
        }
        playable = [each for each in product_ids if each not in limited]
        begin = fields.Datetime.now() - timedelta(days=self.days)
        latency = self._get_latency(company, begin)
        figures = {name: Figures() for name in PLAYS}
        counts = {
            "products": len(playable),
            "left_out": left_out + len(limited),
            "sales": 0,
            "unplaced": 0,
            "unmeasured": latency.unmeasured,
        }
        source = self.env["channel.backtest.source"]
        for batch in split_every(BATCH, playable, list):
            places = _Places(each for one in batch for each in present.get(one, ()))
            histories = source._read_histories(company, batch, begin, places.find)
            for product_id, history in histories.items():
                counts["sales"] += len(history.sales)
                counts["unplaced"] += sum(each.level is None for each in history.sales)
                before = present.get(product_id, ())
                after = draft.get(product_id, ())
                play(history, before, latency, figures["happened"], limited=False)
                play(history, before, latency, figures["present"])
                play(history, after, latency, figures["draft"])
        return figures, counts

    def _find_products(self, company, scope):
        """:return: (ids of the products that the drafts are about, how many of those
        are left out: kits are sold by what they are made of)"""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT product_id FROM channel_listing "
                "WHERE product_id IS NOT NULL AND company_id = %s AND id IN (%s)",
                company.id,
                self.preview_id._listed(scope, self.preview_id.step),
            )
        )
        products = self.env["product.product"].browse(sorted(row[0] for row in rows))
        goods = self.env["channel.planner"]._get_goods(products)
        plain = [each for each in products.ids if goods.get(each, {each}) == {each}]
        return plain, len(products) - len(plain)

    def _read_levels(self, company, product_ids, drafts):
        """:param drafts: arguments of the planner's preview
        :return: {product id: list of Level; None where an exclusive rule begins to
            count below some stock only: what it gives above is not known}
        """
        listed = SQL(
            "SELECT id AS listing_id FROM channel_listing "
            "WHERE product_id = ANY(%s) AND company_id = %s",
            product_ids,
            company.id,
        )
        planner = self.env["channel.planner"]
        rows = self.env.execute_query(
            SQL(
                """
                SELECT numbers.product_id, numbers.listing_id, numbers.node_id,
                       numbers.channel_id, numbers.pool, numbers.inputs,
                       ARRAY(SELECT stock_warehouse_id
                               FROM channel_node_stock_warehouse_rel served
                              WHERE served.channel_node_id = numbers.node_id)
                  FROM (%s) numbers
                 WHERE numbers.product_id = ANY(%s)
                 ORDER BY numbers.product_id, numbers.listing_id, numbers.node_id
                """,
                planner._drafted_query(listed=listed, **drafts),
                product_ids,
            )
        )
        levels = {}
        for product_id, listing_id, node_id, channel_id, pool, inputs, places in rows:
            found = levels.setdefault(product_id, [])
            if float(inputs.get("exclusive") or 0) > 0:
                levels[product_id] = None
            if levels[product_id] is None:
                continue
            shares = inputs.get("weight") is not None
            found.append(
                Level(
                    key=(listing_id, node_id),
                    channel=channel_id,
                    warehouses=frozenset(places),
                    terms=Terms.of(inputs),
                    group=(pool, inputs["exclusive_id"]) if shares else None,
                )
            )
        return levels

    def _get_latency(self, company, begin):
        source = self.env["channel.backtest.source"]
        channels = self.env["channel.channel"].search([("company_id", "=", company.id)])
        return _Latency(
            source._get_latencies(company, begin),
            {each.id: each.publish_latency for each in channels},
        )

    # ------------------------------------------------------------- telling
    def _prepare_lines(self, figures):
        def row(kind, unit, read):
            values = {name: read(figures[name]) for name in PLAYS}
            return {"kind": kind, "unit": unit, **values}

        return [
            row("oversold", "units", lambda each: each.oversold),
            row("oversold_orders", "orders", lambda each: len(each.oversold_orders)),
            row("oversold_margin", "money", lambda each: each.oversold_margin),
            row("hidden", "units", lambda each: each.hidden),
            row("hidden_orders", "orders", lambda each: len(each.hidden_orders)),
            row("lost", "money", lambda each: each.lost_value),
            row("lost_margin", "money", lambda each: each.lost_margin),
            row("sold", "units", lambda each: each.sold),
            row("margin", "money", lambda each: each.margin),
        ]

    def _get_notes(self, figures, counts):
        """What these figures in particular leave out."""
        notes = []
        if self.preview_id.step > 1:
            notes.append(
                self.env._(
                    "A sample was played: the products of every %(step)sth listing.",
                    step=self.preview_id.step,
                )
            )
        if counts["left_out"]:
            notes.append(
                self.env._(
                    "%(count)s products were left out: kits, and products whose "
                    "exclusive rule counts below some stock only.",
                    count=counts["left_out"],
                )
            )
        if counts["unplaced"]:
            notes.append(
                self.env._(
                    "%(count)s order lines were sold from no known level: they are "
                    "sold in each column.",
                    count=counts["unplaced"],
                )
            )
        if counts["unmeasured"]:
            names = self.env["channel.channel"].browse(sorted(counts["unmeasured"]))
            notes.append(
                self.env._(
                    "No publication of that time is left of %(channels)s: the latency "
                    "of its settings is used.",
                    channels=", ".join(names.mapped("name")),
                )
            )
        unpriced = max(each.unpriced for each in figures.values())
        if unpriced:
            notes.append(
                self.env._(
                    "The price of %(units)g units is not known: they count in units "
                    "and not in money.",
                    units=unpriced,
                )
            )
        return notes


class _Latency:
    """The seconds that a channel's numbers took in the hour of a moment; in an hour
    without any as long as on the average of all; without any at all what its channel
    is set to, and then it is ``unmeasured``."""

    def __init__(self, hours, settings):
        """:param hours: {channel id: {hour: seconds}}"""
        self._hours = hours
        self._means = {
            channel: sum(each.values()) / len(each) for channel, each in hours.items()
        }
        self._settings = settings
        self.unmeasured = set(settings) - set(hours)

    def __call__(self, channel, at):
        if channel not in self._hours:
            return self._settings.get(channel) or 0.0
        return self._hours[channel].get(int(at // 3600), self._means[channel])


class _Places:
    """Finds the level that a line was sold from."""

    def __init__(self, levels):
        self._levels = {}
        for level in levels:
            listing_id, node_id = level.key
            self._levels.setdefault(listing_id, {})[node_id] = level

    def find(self, listing_id, node_id, warehouse_ids):
        """Where the channel has not told the node, the one that sells from where the
        line is shipped."""
        nodes = self._levels.get(listing_id, {})
        if node_id in nodes:
            return nodes[node_id].key
        serving = [
            level.key
            for level in nodes.values()
            if level.warehouses.issuperset(warehouse_ids)
        ]
        return serving[0] if len(serving) == 1 else None


class ChannelBacktestLine(models.TransientModel):
    """One figure of a backtest, in each play."""

    _name = "channel.backtest.line"
    _description = "Figure of a Backtest"
    _inherit = ["channel.guarded"]
    _rec_name = "kind"
    _order = "id"

    backtest_id = fields.Many2one(
        "channel.backtest", required=True, readonly=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [
            ("oversold", "Units oversold"),
            ("oversold_orders", "Orders oversold"),
            ("oversold_margin", "Margin of units oversold"),
            ("hidden", "Units hidden"),
            ("hidden_orders", "Orders cut short or lost"),
            ("lost", "Sales lost"),
            ("lost_margin", "Margin of sales lost"),
            ("sold", "Units sold"),
            ("margin", "Margin of units sold and there"),
        ],
        string="Figure",
        required=True,
        readonly=True,
    )
    unit = fields.Selection(
        [("units", "stock units"), ("orders", "orders"), ("money", "money")],
        required=True,
        readonly=True,
    )
    happened = fields.Float(readonly=True, digits=(16, 2))
    present = fields.Float(string="Rules in Effect", readonly=True, digits=(16, 2))
    draft = fields.Float(readonly=True, digits=(16, 2))
    difference = fields.Float(
        compute="_compute_difference",
        digits=(16, 2),
        help="The draft against the rules in effect, both played.",
    )
    currency_name = fields.Char(compute="_compute_currency_name")

    @api.depends("present", "draft")
    def _compute_difference(self):
        for line in self:
            line.difference = line.draft - line.present

    @api.depends("unit", "backtest_id.currency_id.name")
    def _compute_currency_name(self):
        for line in self:
            is_money = line.unit == "money"
            line.currency_name = is_money and line.backtest_id.currency_id.name
