# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.channel_inventory_base.lib import addresses

from ..lib import signing

OVERLAP_HOURS = 24
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class ChannelApiSubscription(models.Model):
    """Where events are sent to, signed with a secret that is shown once.

    Only to https, but for a channel of the environment Test and for this machine; and
    only to addresses of the internet, unless the server's configuration allows others:
    that is checked where each connection is made (``lib.guarded``).
    """

    _name = "channel.api.subscription"
    _description = "API Webhook"
    _inherit = ["channel.guarded"]
    _order = "id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    channel_id = fields.Many2one(
        "channel.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    url = fields.Char(string="Address", required=True)
    wants_availability = fields.Boolean(string="Availability", default=True)
    wants_orders = fields.Boolean(string="Orders", default=True)
    has_secret = fields.Boolean(readonly=True)
    old_secret_until = fields.Datetime(
        string="Former Secret Until",
        readonly=True,
        help="Until then deliveries have a signature of the former secret, too.",
    )
    failures = fields.Integer(
        string="Failures in a Row", readonly=True, aggregator=None
    )
    rests_until = fields.Datetime(
        readonly=True, help="After several failures it is tried now and then only."
    )
    last_success_at = fields.Datetime(string="Last Success", readonly=True)
    last_error = fields.Char(readonly=True)
    delivery_ids = fields.One2many("channel.api.delivery", "subscription_id")
    dead_count = fields.Integer(compute="_compute_counts", string="Dead Letters")
    waiting_count = fields.Integer(compute="_compute_counts", string="Waiting")

    def _compute_counts(self):
        counts = {
            (subscription, state): count
            for subscription, state, count in self.env[
                "channel.api.delivery"
            ]._read_group(
                [("subscription_id", "in", self.ids)],
                ["subscription_id", "state"],
                ["__count"],
            )
        }
        for each in self:
            each.dead_count = counts.get((each, "dead"), 0)
            each.waiting_count = counts.get((each, "new"), 0)
            each.waiting_count += counts.get((each, "sending"), 0)

    @api.constrains("url", "channel_id")
    def _check_url(self):
        for each in self:
            parts = addresses.parts(each.url)
            if not parts:
                raise ValidationError(
                    self.env._(
                        "%s is no plain address: enter one such as "
                        "https://shop.example.com/hooks, without a user name.",
                        each.url,
                    )
                )
            local = parts.hostname in LOOPBACK
            if parts.scheme != "https" and not (
                local or each.channel_id.environment == "test"
            ):
                raise ValidationError(
                    self.env._("The address must begin with https: %s", each.url)
                )

    # ---------------------------------------------------------------- CRUD
    def write(self, vals):
        if "url" in vals:
            # made for one receiver, it is not shown to another one
            moved = self.filtered(lambda each: _host(each.url) != _host(vals["url"]))
            moved._forget_secret()
        result = super().write(vals)
        if vals.get("active"):
            # sudo: what has failed there so far is the server's to count
            self.sudo().write({"failures": 0, "rests_until": False})
            self.channel_id._wake("_job_api_deliver")
        return result

    def unlink(self):
        self._forget_secret()
        return super().unlink()

    def _forget_secret(self):
        for each in self.filtered("has_secret"):
            for name in each._get_secret_names():
                each.channel_id._set_secret(name, False)
        # sudo: whether there is a secret is the buttons' to write
        self.sudo().write({"has_secret": False, "old_secret_until": False})

    # ------------------------------------------------------------- actions
    def action_new_secret(self):
        """Make a secret, show it once, and sign with the former one for a day more."""
        self.ensure_one()
        self._require_role("manager")
        secret = self._renew_secret()
        return self.env["channel.api.key.new"]._open_secret(self, secret)

    def action_replay_dead(self):
        """Send again what was given up."""
        self._require_role("operator")
        dead = self.env["channel.api.delivery"].search(
            [("subscription_id", "in", self.ids), ("state", "=", "dead")]
        )
        dead.action_replay()

    def action_retry(self):
        """Retry of its exception."""
        self.action_replay_dead()

    # ------------------------------------------------------------ business
    def _get_secret_names(self):
        return f"api.hook.{self.id}", f"api.hook.{self.id}.former"

    def _renew_secret(self):
        """:return: the secret in clear"""
        current, former = self._get_secret_names()
        secret = signing.make_secret()
        known = self.has_secret and self.channel_id._get_secret(current)
        self.channel_id._set_secret(former, known or False)
        self.channel_id._set_secret(current, secret)
        until = fields.Datetime.now() + timedelta(hours=OVERLAP_HOURS)
        # sudo: whether there is a secret is the buttons' to write
        self.sudo().write(
            {"has_secret": True, "old_secret_until": until if known else False}
        )
        self.channel_id._wake("_job_api_deliver")
        return secret

    def _get_signing_secrets(self):
        """:return: list of secrets in clear, the present one first"""
        current, former = self._get_secret_names()
        found = [self.channel_id._get_secret(current)]
        if self.old_secret_until and self.old_secret_until > fields.Datetime.now():
            found.append(self.channel_id._get_secret(former))
        return [each for each in found if each]

    def _require_secret(self):
        """:raise UserError: nothing could be signed"""
        for each in self.filtered(lambda hook: not hook.has_secret):
            raise UserError(
                self.env._("%s has no secret: press New Secret first.", each.name)
            )


def _host(url):
    parts = urlsplit((url or "").strip())
    return parts.scheme, parts.netloc
