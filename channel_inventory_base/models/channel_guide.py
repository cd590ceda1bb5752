# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelGuide(models.Model):
    """How to deal with exceptions of one category: what an operator reads who meets
    one for the first time.

    Data of the addon that adds the category; the same for all companies.
    """

    _name = "channel.guide"
    _description = "Guide to Exceptions"
    _inherit = ["channel.guarded"]
    _order = "category"
    _rec_name = "category"
    _log_access = False

    category = fields.Selection(
        lambda self: (
            self.env["channel.exception"]
            ._fields["category"]
            ._description_selection(self.env)
        ),
        required=True,
        readonly=True,
    )
    meaning = fields.Text(required=True, readonly=True, translate=True)
    first_look = fields.Text(required=True, readonly=True, translate=True)
    remedy = fields.Text(
        string="What to Do", required=True, readonly=True, translate=True
    )
    prevention = fields.Text(
        string="How to Avoid It", required=True, readonly=True, translate=True
    )

    _category_uniq = models.UniqueIndex("(category)")
