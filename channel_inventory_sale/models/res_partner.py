# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    # every order of a new customer asks for it
    email_normalized = fields.Char(index="btree_not_null")
