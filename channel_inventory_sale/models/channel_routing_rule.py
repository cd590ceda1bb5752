# SPDX-License-Identifier: AGPL-3.0-or-later
import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

ZIP_PREFIX = re.compile(r"^[A-Z0-9-]+$")


class ChannelRoutingRule(models.Model):
    """Which warehouses may ship an order, and how it may be split between them.

    How it works: for the lines of one node the first matching rule decides, by
    sequence. Empty conditions match everything. Without a matching rule the warehouses
    of the node ship, each line from as many as needed: as promised by the node's
    quantity.
    """

    _name = "channel.routing.rule"
    _description = "Routing Rule"
    _inherit = ["channel.guarded"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    channel_id = fields.Many2one(
        "channel.channel", check_company=True, help="Empty: all channels."
    )
    node_ids = fields.Many2many(
        "channel.node",
        check_company=True,
        help="Only lines sold from one of these nodes.",
    )
    country_ids = fields.Many2many(
        "res.country", help="Only deliveries to these destinations."
    )
    state_ids = fields.Many2many(
        "res.country.state", help="Only deliveries to these destinations."
    )
    zip_prefixes = fields.Char(
        help="Only deliveries to postcodes that begin with one of these: 10, 12, 80."
    )
    outcome = fields.Selection(
        [("route", "Ship"), ("park", "No delivery")],
        default="route",
        required=True,
        help="Orders without delivery are parked, with their stock held, until the "
        "rules change.",
    )
    candidate_ids = fields.One2many(
        "channel.routing.candidate",
        "rule_id",
        string="Warehouses",
        copy=True,
        help="In this order of preference. Empty: those of the node.",
    )
    split = fields.Selection(
        [
            ("together", "Keep together: one warehouse ships all"),
            ("lines", "Split by lines: each line from one warehouse"),
            ("units", "Split lines too"),
        ],
        default="units",
        required=True,
    )
    split_cost = fields.Float(
        help="Cost of each additional parcel, in the currency of the company."
    )
    split_limit = fields.Float(
        help="Maximum cost of additional parcels; 0 for no limit."
    )

    _costs_positive = models.Constraint(
        "CHECK (split_cost >= 0 AND split_limit >= 0)", "Costs cannot be negative."
    )

    @api.constrains("zip_prefixes")
    def _check_zip_prefixes(self):
        for rule in self:
            for prefix in rule._split_zip(rule.zip_prefixes):
                if not ZIP_PREFIX.match(prefix):
                    raise ValidationError(
                        self.env._(
                            "“%s” is not a valid postcode prefix: use letters, digits "
                            "and hyphens, separated by commas.",
                            prefix,
                        )
                    )

    @api.model
    def _split_zip(self, text):
        return [_zip(each) for each in (text or "").split(",") if each.strip()]

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules._on_changed()
        return rules

    def write(self, vals):
        result = super().write(vals)
        self._on_changed()
        return result

    def unlink(self):
        self._on_changed()
        return super().unlink()

    def _on_changed(self):
        """Orders parked under the old rules are checked again."""
        self.env["channel.allocator"]._unpark(self.company_id)

    # ------------------------------------------------------------- business
    @api.model
    def _find(self, channel, nodes, country, state, zip_code):
        """The rule of each node; nodes without one are left out.

        :param nodes: channel.node, maybe with an empty one for lines without a node
        :return: node id (0 for none) -> rule
        """
        self.flush_model()
        self.env["channel.routing.candidate"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (node_id) node_id, rule.id
                  FROM unnest(%(nodes)s) AS node_id
                  JOIN channel_routing_rule rule
                    ON rule.active AND rule.company_id = %(company)s
                   AND COALESCE(rule.channel_id, %(channel)s) = %(channel)s
                   AND (NOT EXISTS (SELECT FROM channel_node_channel_routing_rule_rel
                                     WHERE channel_routing_rule_id = rule.id)
                        OR node_id IN (SELECT channel_node_id
                                         FROM channel_node_channel_routing_rule_rel
                                        WHERE channel_routing_rule_id = rule.id))
                   AND (NOT EXISTS (SELECT FROM channel_routing_rule_res_country_rel
                                     WHERE channel_routing_rule_id = rule.id)
                        OR %(country)s IN
                           (SELECT res_country_id
                              FROM channel_routing_rule_res_country_rel
                             WHERE channel_routing_rule_id = rule.id))
                   AND (NOT EXISTS (SELECT
                                      FROM channel_routing_rule_res_country_state_rel
                                     WHERE channel_routing_rule_id = rule.id)
                        OR %(state)s IN
                           (SELECT res_country_state_id
                              FROM channel_routing_rule_res_country_state_rel
                             WHERE channel_routing_rule_id = rule.id))
                   AND (COALESCE(rule.zip_prefixes, '') = ''
                        OR EXISTS (
                           SELECT FROM unnest(string_to_array(
                                upper(replace(rule.zip_prefixes, ' ', '')), ','))
                                AS prefix
                            WHERE prefix <> '' AND starts_with(%(zip)s, prefix)))
                 ORDER BY node_id, rule.sequence, rule.id
                """,
                nodes=[node.id or 0 for node in nodes],
                company=channel.company_id.id,
                channel=channel.id,
                country=country.id or 0,
                state=state.id or 0,
                zip=_zip(zip_code),
            )
        )
        return {node_id: self.browse(rule_id) for node_id, rule_id in rows}


class ChannelRoutingCandidate(models.Model):
    """A warehouse that a routing rule may choose, and what a parcel from it costs."""

    _name = "channel.routing.candidate"
    _description = "Warehouse of a Routing Rule"
    _inherit = ["channel.guarded"]
    _order = "rule_id, sequence, id"
    _rec_name = "warehouse_id"
    _check_company_auto = True

    rule_id = fields.Many2one(
        "channel.routing.rule", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="rule_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    warehouse_id = fields.Many2one(
        "stock.warehouse", required=True, ondelete="cascade", check_company=True
    )
    cost = fields.Float(
        help="Cost of a parcel from this warehouse, in the currency of the company."
    )

    _warehouse_uniq = models.UniqueIndex(
        "(rule_id, warehouse_id)", "The rule names this warehouse already."
    )
    _cost_positive = models.Constraint("CHECK (cost >= 0)", "Costs cannot be negative.")


def _zip(text):
    """Postcodes as they are compared: upper case, no spaces."""
    return re.sub(r"\s+", "", text or "").upper()
