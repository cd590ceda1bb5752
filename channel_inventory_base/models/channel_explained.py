# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.explain import explain


class ChannelExplained(models.AbstractModel):
    """A quantity with its ``inputs``, and so the rules behind it."""

    _name = "channel.explained"
    _description = "Quantity and Its Inputs"

    rule_version_ids = fields.Many2many(
        "channel.rule.version",
        compute="_compute_rule_version_ids",
        search="_search_rule_version_ids",
        string="Rules",
        help="The rule versions that produced the quantity.",
    )
    allocation_version_id = fields.Many2one(
        "channel.allocation.version",
        compute="_compute_allocation_version_id",
        search="_search_allocation_version_id",
        string="Allocation Group",
        help="For exclusive allocation: the version of the group that divided the "
        "quantity.",
    )

    @api.depends("inputs")
    def _compute_rule_version_ids(self):
        for record in self:
            record.rule_version_ids = sorted(
                {
                    version
                    for step in explain(record.inputs or {})
                    for version in step.rules
                }
            )

    @api.model
    def _search_rule_version_ids(self, operator, value):
        if operator != "in":
            return NotImplemented
        versions = self.env["channel.rule.version"].browse(value).exists()
        conditions = [SQL("false")]
        for kind, found in versions.grouped("kind").items():
            judging = found.filtered("warehouse_id")
            conditions.append(
                SQL(
                    "(inputs ->> %s)::int = ANY(%s)",
                    f"{kind}_id",
                    (found - judging).ids,
                )
            )
            if judging:
                conditions.append(SQL(_JUDGED_BY, judging.ids))
        return self._domain_of_inputs(SQL(" OR ").join(conditions))

    @api.depends("inputs")
    def _compute_allocation_version_id(self):
        for record in self:
            inputs = record.inputs or {}
            record.allocation_version_id = inputs.get("allocation_id")

    @api.model
    def _search_allocation_version_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        versions = self.env["channel.allocation.version"].browse(value).exists()
        return self._domain_of_inputs(
            SQL("(inputs ->> 'allocation_id')::int = ANY(%s)", versions.ids)
        )

    def _domain_of_inputs(self, condition):
        """Domain of the records on whose ``inputs`` the condition is true."""
        table, record_id = self._inputs_source()
        return [
            (
                "id",
                "in",
                SQL(
                    "(SELECT %s FROM %s WHERE %s)",
                    SQL.identifier(record_id),
                    SQL.identifier(table),
                    condition,
                ),
            )
        ]

    def _inputs_source(self):
        """:return: the table that has ``inputs``, and its column with our id"""
        return self._table, "id"


# Rules for single warehouses stand in a list.
_JUDGED_BY = """
    EXISTS (SELECT FROM jsonb_path_query(inputs, '$.judged_by[*].rules[*]') rule
             WHERE (rule #>> '{}')::int = ANY(%s))
"""
