# SPDX-License-Identifier: AGPL-3.0-or-later
from psycopg2.errors import QueryCanceled

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, formatLang

from ..tools.actions import open_form

# Up to so many levels in scope are all computed; of more, about so many.
LARGEST = 20_000
SAMPLE = 10_000
SECONDS = 30


class ChannelRulePreview(models.TransientModel):
    """Previews the quantities with drafts in effect, or with rules retired; nothing is
    written.

    Computed as the planner would, once, when it is opened. Bounded: of a scope larger
    than ``LARGEST`` levels each n-th listing is looked at, and no statement runs longer
    than ``SECONDS``.
    """

    _name = "channel.rule.preview"
    _description = "Preview of Rules"
    _inherit = ["channel.guarded"]

    rule_ids = fields.Many2many("channel.rule", readonly=True)
    group_ids = fields.Many2many(
        "channel.allocation.group",
        readonly=True,
        help="Or drafts of groups, divided by the rules in effect that use them",
    )
    shown = fields.Json(readonly=True, help="The previewed terms")
    is_end = fields.Boolean(readonly=True, help="Preview of retiring these rules")
    level_count = fields.Integer(readonly=True)
    step = fields.Integer(readonly=True, help="Every n-th listing was previewed")
    looked_at_count = fields.Integer(readonly=True)
    changed_count = fields.Integer(readonly=True)
    up_count = fields.Integer(readonly=True)
    down_count = fields.Integer(readonly=True)
    zero_count = fields.Integer(readonly=True)
    line_ids = fields.One2many("channel.rule.preview.line", "preview_id", readonly=True)
    headline = fields.Char(compute="_compute_texts")
    sample_note = fields.Char(compute="_compute_texts")
    lines_note = fields.Char(compute="_compute_texts")
    can_propose = fields.Boolean(compute="_compute_can")
    can_activate = fields.Boolean(compute="_compute_can")
    can_approve = fields.Boolean(compute="_compute_can")
    can_retire = fields.Boolean(compute="_compute_can")

    @api.depends("looked_at_count", "changed_count", "line_ids")
    def _compute_texts(self):
        for preview in self:
            numbers = {
                name: formatLang(self.env, preview[f"{name}_count"], digits=0)
                for name in ("looked_at", "changed", "up", "down", "zero", "level")
            }
            preview.headline = self.env._(
                "%(changed)s of %(looked_at)s quantities would change: %(down)s down "
                "(%(zero)s to zero), %(up)s up",
                **numbers,
            )
            preview.sample_note = preview.step > 1 and self.env._(
                "%(level)s quantities are in scope: a sample is shown, every "
                "%(step)sth listing.",
                step=preview.step,
                **numbers,
            )
            left = preview.changed_count - len(preview.line_ids)
            preview.lines_note = left > 0 and self.env._(
                "The largest %(shown)s changes are listed; %(left)s smaller ones are "
                "not.",
                shown=len(preview.line_ids),
                left=formatLang(self.env, left, digits=0),
            )

    @api.depends("rule_ids.state", "group_ids.state")
    @api.depends_context("uid")
    def _compute_can(self):
        for preview in self:
            rules = preview._subject()
            drafts = bool(rules) and all(rule.state == "draft" for rule in rules)
            preview.can_propose = drafts
            preview.can_activate = (
                drafts
                and not any(rules.mapped("needs_approval"))
                and rules._is_manager()
            )
            preview.can_retire = preview.is_end and all(
                rule.state == "active" and (rule.needs_approval or rules._is_manager())
                for rule in rules
            )
            preview.can_approve = bool(rules) and all(rules.mapped("may_approve"))

    # ------------------------------------------------------------- making
    @api.model
    def _make(self, rules):
        """Compute the preview of ``rules``: drafts and proposals as they are written;
        active rules alone as if they ended."""
        drafts, ending = self._split(rules)
        if not (drafts or ending):
            raise UserError(
                self.env._("None of these rules is in effect or could be: no preview.")
            )
        return self._look_at(
            *self._drafted(drafts, ending),
            {
                "rule_ids": [(6, 0, (drafts | ending).ids)],
                "shown": self._shown(drafts | ending),
                "is_end": not drafts,
            },
        )

    @api.model
    def _make_of_groups(self, groups):
        """Compute what the drafts ``groups`` would make of the rules in effect."""
        if not groups._rules_in_effect():
            raise UserError(
                self.env._(
                    "No rule in effect uses %s: no quantity would change. Preview the "
                    "rule that will use it instead.",
                    ", ".join(groups.mapped("name")),
                )
            )
        return self._look_at(
            *self._drafted_groups(groups),
            {"group_ids": [(6, 0, groups.ids)], "shown": self._shown(groups)},
        )

    def _get_drafted(self):
        """What this is a preview of.

        :return: (domain of the levels in scope, arguments of the planner's preview)
        """
        if self.group_ids:
            return self._drafted_groups(self.group_ids)
        return self._drafted(*self._split(self.rule_ids))

    def _split(self, rules):
        """:return: (those that would come into effect, those that would end)"""
        written = rules.filtered(lambda rule: rule.state in ("draft", "proposed"))
        ending = written.filtered(lambda rule: rule.proposal == "retire")
        drafts = written - ending
        if not written:
            ending = rules.filtered("active_version_id")
        return drafts, ending

    def _drafted(self, drafts, ending):
        return self._scope(drafts, ending), {"rules": drafts, "ending": ending}

    def _drafted_groups(self, groups):
        sharing = groups._channels_before_and_after()
        scope = Domain.OR(
            rule._scope_domain(sharing) for rule in groups._rules_in_effect()
        )
        return scope, {"rules": self.env["channel.rule"], "groups": groups}

    def _look_at(self, scope, drafts, values, change=None):
        """:param scope: domain of the levels to look at
        :param drafts: arguments of the planner's preview
        :param change: or a function that changes what numbers stand on, to be taken
            back
        """
        count = self.env["channel.level"].search_count(scope)
        step = 1 if count <= LARGEST else -(-count // SAMPLE)
        planner, listed = self.env["channel.planner"], self._listed(scope, step)
        totals, lines = self._bounded(
            lambda: (
                planner._preview_after(change, listed)
                if change
                else planner._preview(listed=listed, **drafts)
            )
        )
        return self.create(
            {
                **values,
                "level_count": count,
                "step": step,
                "looked_at_count": totals["levels"],
                "changed_count": totals["changed"],
                "up_count": totals["up"],
                "down_count": totals["down"],
                "zero_count": totals["zero"],
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "listing_id": line["listing_id"],
                            "node_id": line["node_id"],
                            "old": line["old"],
                            "new": line["new"],
                            "difference": line["new"] - line["old"],
                            "inputs": line["inputs"],
                        },
                    )
                    for line in lines
                ],
            }
        )

    def _open(self):
        return open_form(
            self._name,
            self.id,
            name=self.env._("Preview"),
            target="new",
            context={"dialog_size": "extra-large"},
        )

    def _scope(self, drafts, ending):
        """Domain of the levels that the rules are about, before and after."""
        terms = [*drafts, *(drafts | ending).active_version_id]
        return Domain.OR(each._scope_domain() for each in terms)

    def _listed(self, scope, step):
        """Query of the listing ids to look at."""
        levels = self.env["channel.level"]._search(scope)
        return SQL(
            "SELECT DISTINCT listing_id FROM (%s) AS scope WHERE listing_id %% %s = 0",
            levels.select("listing_id"),
            step,
        )

    def _bounded(self, function):
        """:raise UserError: when one of its statements takes too long"""
        [[before]] = self.env.execute_query(SQL("SHOW statement_timeout"))
        self.env.flush_all()
        try:
            with self.env.cr.savepoint(flush=False):
                self._set_timeout(f"{SECONDS * 1000:.0f}ms")
                result = function()
        except QueryCanceled as error:
            raise UserError(
                self.env._(
                    "The preview timed out after %s seconds. Narrow the scope of the "
                    "rules, or preview fewer of them together.",
                    SECONDS,
                )
            ) from error
        self._set_timeout(before)
        return result

    def _set_timeout(self, value):
        self.env.execute_query(
            SQL("SELECT set_config('statement_timeout', %s, true)", value)
        )

    # ------------------------------------------------------------ decisions
    def _subject(self):
        """What is decided on."""
        return self.rule_ids or self.group_ids

    def action_propose(self):
        self._check_shown()
        self._subject().action_propose()
        return {"type": "ir.actions.act_window_close"}

    def action_retire(self):
        self._check_shown()
        self._subject().action_retire()
        return {"type": "ir.actions.act_window_close"}

    def action_activate(self):
        self._check_shown()
        self._subject().action_activate()
        return {"type": "ir.actions.act_window_close"}

    def action_approve(self):
        self._check_shown()
        self._subject().action_approve()
        return {"type": "ir.actions.act_window_close"}

    @api.model
    def _shown(self, subject):
        """The content of what was looked at; of rules, also that of the groups by which
        they would divide."""
        contents = {str(each.id): each._content() for each in subject}
        if subject._name == "channel.rule":
            for group in subject.allocation_group_id:
                # as the preview does: a draft only where nothing is in effect
                terms = group.active_version_id or group
                contents[f"group {group.id}"] = terms._content()
        return {
            key: {name: str(value) for name, value in content.items()}
            for key, content in contents.items()
        }

    def _check_shown(self):
        """:raise UserError: when they are no longer what was looked at"""
        if self._shown(self._subject()) != self.shown:
            raise UserError(
                self.env._(
                    "The previewed terms have changed since you opened the preview: "
                    "open it again."
                )
            )


class ChannelRulePreviewLine(models.TransientModel):
    """A quantity that would change. SOLD units."""

    _name = "channel.rule.preview.line"
    _description = "Quantity in a Preview"
    _inherit = ["channel.guarded"]

    preview_id = fields.Many2one(
        "channel.rule.preview", required=True, readonly=True, ondelete="cascade"
    )
    listing_id = fields.Many2one(
        "channel.listing", required=True, readonly=True, ondelete="cascade"
    )
    node_id = fields.Many2one(
        "channel.node", required=True, readonly=True, ondelete="cascade"
    )
    channel_id = fields.Many2one(related="listing_id.channel_id", related_sudo=False)
    product_id = fields.Many2one(related="listing_id.product_id", related_sudo=False)
    old = fields.Integer(readonly=True, string="From")
    new = fields.Integer(readonly=True, string="To")
    difference = fields.Integer(readonly=True)
    inputs = fields.Json(readonly=True)
    why = fields.Html(compute="_compute_why", sanitize=False)

    @api.depends("inputs")
    def _compute_why(self):
        for line in self:
            line.why = self.env["channel.level"]._render_why(line.inputs)

    @api.depends("listing_id", "node_id")
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.listing_id.display_name} @ {line.node_id.name}"
