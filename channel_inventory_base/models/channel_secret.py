# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import frozendict, ormcache

from ..db.transaction import own_transaction
from ..lib import aging


class ChannelSecret(models.Model):
    """A channel's secret, encrypted. No group has access: only ``_get_secret`` has."""

    _name = "channel.secret"
    _description = "Channel Secret"
    _inherit = ["channel.guarded"]
    _rec_name = "name"
    _log_access = False

    channel_id = fields.Many2one(
        "channel.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    name = fields.Char(required=True)
    value = fields.Char(required=True, help="Ciphertext", exportable=False)

    _name_uniq = models.UniqueIndex("(channel_id, name)")

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    def _ciphertexts(self, channel_id):
        """:return: {name: ciphertext}; every webhook needs one of them"""
        return self._remember_ciphertexts(channel_id, aging.period())

    @api.model
    @ormcache("channel_id", "period")
    def _remember_ciphertexts(self, channel_id, period):
        if "job_uuid" in self.env.context:
            # what is remembered counts for all, and a job's own transaction may be
            # older than what was entered since
            with own_transaction(self.env) as env:
                return env[self._name]._read_ciphertexts(channel_id)
        return self._read_ciphertexts(channel_id)

    @api.model
    def _read_ciphertexts(self, channel_id):
        """As ``_ciphertexts``, by the present transaction."""
        stored = self.search_fetch([("channel_id", "=", channel_id)], ["name", "value"])
        return frozendict({secret.name: secret.value for secret in stored})

    @api.model
    def _names_of(self, channels):
        """:return: {(id of the channel, name)} of the secrets that there are"""
        stored = self.search_fetch(
            [("channel_id", "in", channels.ids)], ["channel_id", "name"]
        )
        return {(secret.channel_id.id, secret.name) for secret in stored}

    @api.model
    def _find(self, channel, name):
        return self.search([("channel_id", "=", channel.id), ("name", "=", name)])
