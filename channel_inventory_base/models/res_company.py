from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    channel_change_approval = fields.Boolean(
        string="Channel Changes Need a Second Person",
        help="Changes of channel rules and mappings are proposed by one person and "
        "approved by another.",
    )
