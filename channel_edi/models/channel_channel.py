# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.transaction import own_transaction

EDI_JOBS = ("_job_edi_work", "_job_edi_send")


class ChannelChannel(models.Model):
    """A trading partner in one role: a retailer that buys from us, a warehouse that
    works for us, a supplier that we buy from."""

    _inherit = "channel.channel"

    channel_type = fields.Selection(
        selection_add=[("edi", "EDI Partner")],
        ondelete={"edi": "set default"},
    )
    edi_role = fields.Selection(
        [("retailer", "Retailer: buys from us")],
        string="Role",
        default="retailer",
        help="A partner with several roles is a channel in each.",
    )
    edi_agreement_ids = fields.One2many(
        "channel.edi.agreement", "channel_id", string="Agreements"
    )
    edi_mailbox_ids = fields.One2many(
        "channel.edi.mailbox", "channel_id", string="Mailboxes"
    )
    edi_counts_down = fields.Boolean(
        string="Partner Deducts Its Orders",
        help="The partner takes its own orders off the quantity that we sent last, "
        "until the next one. Otherwise our next quantity is the first to know them.",
    )
    edi_ship_to = fields.Selection(
        [
            ("split", "An order for each place, shipped there"),
            ("mark", "An order for each place, shipped to the order's address"),
            ("whole", "One order, shipped to the order's address"),
        ],
        string="Orders for Several Stores",
        default="split",
        required=True,
        help="How an order is taken whose lines say how much each store gets (SDQ).",
    )
    edi_open_count = fields.Integer(
        compute="_compute_health", string="EDI Documents in Work"
    )
    edi_held_count = fields.Integer(
        compute="_compute_health", string="EDI Documents Held"
    )
    edi_overdue_count = fields.Integer(
        compute="_compute_health", string="Acknowledgements Overdue"
    )

    # ------------------------------------------------------------- actions
    def action_open_edi_documents(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_edi.channel_edi_document_action"
        )
        domain = [("channel_id", "=", self.id)]
        return dict(action, domain=domain, context={"search_default_business": 1})

    def action_fetch_nodes(self):
        self._refuse_catalogue()
        return super().action_fetch_nodes()

    def action_fetch_listings(self):
        self._refuse_catalogue()
        return super().action_fetch_listings()

    def _refuse_catalogue(self):
        """:raise UserError: a trading partner has no catalogue that could be read"""
        for channel in self.filtered(lambda each: each._is_edi()):
            raise UserError(
                self.env._(
                    "%s has no catalogue that could be read: press Add Products on its "
                    "agreement.",
                    channel.name,
                )
            )

    def _get_fetch_message(self):
        if self._is_edi():
            return self.env._(
                "Press Add Products on the agreement: what the partner may buy is in "
                "its stock documents."
            )
        return super()._get_fetch_message()

    def _open_edi_listings(self):
        """:return: the action that shows what the partner may buy"""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_listing_action"
        )
        return dict(action, domain=[("channel_id", "in", self.ids)], context={})

    # ---------------------------------------------------------------- jobs
    def _job_edi_receive(self):
        """Fetch the files of this channel's mailboxes, every so many minutes."""
        work = self.env["channel.edi.receiver"]._run
        try:
            self._guarded("_job_edi_receive", work, self._may_talk)
        finally:
            # what a job that fails has asked for is undone with it
            with own_transaction(self.env) as env:
                self.with_env(env)._wake_receiver()

    def _wake_receiver(self):
        if self.exists() and self._may_talk() and self._has_edi_server():
            self._wake("_job_edi_receive", seconds=max(self.poll_minutes * 60, 10))

    def _job_edi_work(self):
        """Split files and process documents that were received."""
        self._work_off(self.env["channel.edi.worker"]._run, self._is_taking_orders)

    def _job_edi_send(self):
        """Send documents that are ready."""
        work = self.env["channel.edi.sender"]._run
        self._guarded("_job_edi_send", work, self._may_talk)

    @api.model
    def _get_job_priorities(self):
        return {
            **super()._get_job_priorities(),
            "_job_edi_work": 6,
            "_job_edi_send": 11,
            "_job_edi_receive": 12,
        }

    def _wake_all_jobs(self):
        result = super()._wake_all_jobs()
        # sudo: agreements are seen by users of channels; jobs run for all
        partners = self.sudo().filtered(lambda each: each._is_edi())
        self.browse(partners.ids)._wake(*EDI_JOBS)
        return result

    def _poll_when_due(self):
        result = super()._poll_when_due()
        for channel in self.filtered(lambda each: each._has_edi_server()):
            # it leaves its own next wake-up behind; this makes up for one that was lost
            seconds = max(channel.poll_minutes * 60, 10)
            channel._wake("_job_edi_receive", seconds=seconds)
        return result

    @api.model
    def _recovery_steps(self):
        return (
            *super()._recovery_steps(),
            ("channel.edi.worker", "_follow_time"),
            ("channel.edi.acks", "_watch"),
        )

    def _adds_taxes(self):
        """Prices of trading partners are net."""
        if self._is_edi():
            return not self.charges_no_tax
        return super()._adds_taxes()

    def _is_edi(self):
        """Whether it is a trading partner, who is spoken to by documents."""
        return bool(self.filtered_domain([("channel_type", "=", "edi")]))

    def _has_edi_server(self):
        # sudo: mailboxes are seen by managers; whether there is one is no secret
        return any(box.kind != "manual" for box in self.sudo().edi_mailbox_ids)

    # -------------------------------------------------------------- health
    @api.model
    def _get_health_queries(self):
        return {
            **super()._get_health_queries(),
            "edi_open_count": SQL(
                "SELECT count(*) FROM channel_edi_document document "
                "WHERE document.channel_id = channel.id "
                "AND document.state IN ('new', 'ready', 'framed')"
            ),
            "edi_held_count": SQL(
                "SELECT count(*) FROM channel_edi_document document "
                "WHERE document.channel_id = channel.id "
                "AND document.state IN ('held', 'refused', 'dead')"
            ),
            "edi_overdue_count": SQL(
                "SELECT count(*) FROM channel_edi_document document "
                "WHERE document.channel_id = channel.id "
                "AND document.ack_state IN ('overdue', 'rejected', 'unclear')"
            ),
        }
