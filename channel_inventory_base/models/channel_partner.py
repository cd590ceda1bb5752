from odoo import api, fields, models
from odoo.tools import SQL

GUESTS = ("email:", "guest:", "blanked:")
"""How ids begin that are no account's."""


class ChannelPartner(models.Model):
    """Which contact a channel's customer is. One for each customer of a channel.

    Bound once, found by the channel's own id for ever: also when the customer changes
    the e-mail address, and after contacts were merged.
    """

    _name = "channel.partner"
    _description = "Channel Customer"
    _inherit = ["channel.guarded"]
    _rec_name = "external_id"
    _order = "channel_id, id"

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    external_id = fields.Char(
        required=True,
        readonly=True,
        help="The channel's id of the customer, or what a guest is known by.",
    )
    partner_id = fields.Many2one(
        "res.partner", required=True, ondelete="cascade", index=True
    )
    addresses = fields.Integer(
        readonly=True, help="How many addresses orders of this channel have added."
    )

    _external_uniq = models.UniqueIndex(
        "(channel_id, external_id)", "The channel has this customer already."
    )

    @api.model
    def _find(self, channel, external_id):
        return self.search(
            [("channel_id", "=", channel.id), ("external_id", "=", external_id)]
        )

    @api.model
    def _find_of_accounts(self, channel, partners):
        """Those of ``partners`` that an account of the channel is bound to."""
        bound = self.search(
            [("channel_id", "=", channel.id), ("partner_id", "in", partners.ids)]
        )
        return bound.filtered(lambda each: each._is_account()).partner_id

    def _is_account(self):
        """Not what a guest is known by, nor what is left of that."""
        return not self.external_id.startswith(GUESTS)

    @api.model
    def _collide_on(self, partner):
        """Make two accounts that take the same contact at the same moment collide: the
        second one is tried again, and then sees whose it is."""
        self.env.execute_query(
            SQL(
                "UPDATE res_partner SET write_date = write_date WHERE id = %s "
                "RETURNING id",
                partner.id,
            )
        )

    @api.model
    def _bind(self, channel, external_id, partner):
        """Bind, or fail in a way that makes the caller's transaction start again.

        Two orders of a new customer at the same moment: the second one cannot see the
        first one's contact and has made its own. Under REPEATABLE READ ``ON CONFLICT``
        against a row that we cannot see is a serialization failure, where a
        plain INSERT would be a constraint error that nobody retries.
        """
        partner.flush_recordset()
        [[binding_id]] = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_partner
                       (channel_id, company_id, external_id, partner_id, addresses,
                        create_uid, create_date, write_uid, write_date)
                VALUES (%(channel)s, %(company)s, %(external_id)s, %(partner)s, 0,
                        %(user)s, now() AT TIME ZONE 'UTC',
                        %(user)s, now() AT TIME ZONE 'UTC')
                ON CONFLICT (channel_id, external_id)
                   DO UPDATE SET external_id = EXCLUDED.external_id
                RETURNING id
                """,
                channel=channel.id,
                company=channel.company_id.id,
                external_id=external_id,
                partner=partner.id,
                user=self.env.uid,
            )
        )
        return self.browse(binding_id)

    def _count_address(self):
        """Make two orders that add an address at the same moment collide.

        Without it both would add the same one. The second is retried, and finds it.
        """
        for binding in self:
            binding.addresses += 1
