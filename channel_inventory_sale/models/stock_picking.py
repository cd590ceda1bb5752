# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.fields import Domain

ORIGIN_LINK = "mail.message_origin_link"


class StockPicking(models.Model):
    """Deliveries to a channel's customers, and their returns."""

    _inherit = "stock.picking"

    # a worker in the warehouse sees no channel orders, but what is on the parcel
    channel_order_name = fields.Char(
        string="Channel Order",
        compute="_compute_channel_names",
        search="_search_channel_order_name",
        help="The order's number in the shop.",
    )
    channel_name = fields.Char(string="Sold On", compute="_compute_channel_names")
    channel_mark_for = fields.Char(string="Mark For", compute="_compute_channel_names")

    @api.depends(
        "company_id",
        "sale_id.channel_order_id.company_id",
        "sale_id.channel_order_id.name",
        "sale_id.channel_order_id.channel_id.name",
        "sale_id.channel_mark_for_id",
    )
    def _compute_channel_names(self):
        for picking in self:
            # sudo: warehouse staff need not see channels
            sale_order = picking.sudo().sale_id
            # people choose the sale order, another company's included
            order = sale_order.channel_order_id.filtered(
                lambda order, here=picking.company_id: order.company_id == here
            )
            picking.channel_order_name = order.name
            picking.channel_name = order.channel_id.name
            mark_for = sale_order.channel_mark_for_id if order else None
            picking.channel_mark_for = mark_for.display_name if mark_for else False

    @api.model
    def _search_channel_order_name(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        # any!: warehouse staff need not see sale orders and channels
        order = Domain("name", operator, value)
        order &= Domain("company_id", "in", self.env.companies.ids)
        of_channel = Domain("channel_order_id", "any!", order)
        found = Domain("sale_id", "any!", of_channel)
        if operator == "in" and False in value:
            named = Domain("channel_order_id", "!=", False)
            found |= ~Domain("sale_id", "any!", named)
        return found

    def message_post_with_source(self, source_ref, **kwargs):
        """Of an imported order its transfer's origin tells where it came from; that
        message is the only one of an import, and costs as much as a check of it."""
        if source_ref == ORIGIN_LINK and self.env.context.get("mail_create_nolog"):
            return self.env["mail.message"]
        return super().message_post_with_source(source_ref, **kwargs)

    def _action_done(self):
        # sudo: warehouse staff need not see channels
        moves = self.sudo().move_ids
        if not moves._channel_orders():
            return super()._action_done()
        moves = moves.filtered(lambda move: move._channel_orders())
        leaving = moves.filtered(lambda move: move._leaves_for_customer())
        leaving.env["channel.notifier"]._check_may_ship(
            leaving._channel_orders(), leaving
        )
        result = super()._action_done()
        for picking in leaving.picking_id:
            picking.env["channel.notifier"]._on_shipped(
                picking._channel_orders(), picking
            )
        for picking in (moves - leaving).picking_id:
            picking.env["channel.notifier"]._on_returned(
                picking._channel_orders(), picking
            )
        moves._note_owed()
        return result

    def _revive_left(self):
        """A transfer that was cancelled here and has left all the same, as its
        warehouse tells: one like it, reserved, to be posted in its place.

        Post it by ``_post_left``.

        :return: the new transfer
        """
        self.ensure_one()
        again = self.copy({"origin": self.origin, "backorder_id": False})
        again.action_confirm()
        again.action_assign()
        return again

    def _on_lowered_after_print(self, move):
        """Whoever has the printed slip in hand is to know that it asks for too much."""
        # sudo: warehouse staff need not see channels
        for order in move.sudo()._channel_orders():
            left = self.sudo().move_ids.filtered(lambda each: each.state != "cancel")
            order.env["channel.exception"]._report(
                order.channel_id,
                "changed",
                key=f"order:{order.id}:printed:{self.id}",
                # not of the order: its next import must not settle it
                # sudo: warehouse staff need not see channels
                record=self.sudo(),
                message=self.env._(
                    "%(order)s: units were taken off after the slip of %(picking)s was "
                    "printed. To be shipped now: %(goods)s.",
                    order=order.name,
                    picking=self.name,
                    goods=", ".join(
                        f"{each.product_uom_qty:g} × {each.product_id.display_name}"
                        for each in left
                    )
                    or self.env._("nothing"),
                ),
                suggestion=self.env._(
                    "Print the slip again and check the packed goods, then resolve "
                    "this."
                ),
            )

    def _channel_orders(self):
        return self.move_ids._channel_orders()

    def _get_channel_parcels(self):
        """The shipped parcels of this transfer.

        :return: list of (package or empty for what has none, its done move lines)
        """
        lines = self.move_line_ids.filtered(
            lambda line: line.state == "done" and line.move_id._leaves_for_customer()
        )
        return [
            (
                package,
                lines.filtered(lambda line, p=package: p == line.result_package_id),
            )
            for package in (*lines.result_package_id.sorted("id"), self._no_package())
            if package or lines.filtered(lambda line: not line.result_package_id)
        ]

    def _no_package(self):
        return self.env["stock.package"]

    def _get_channel_tracking(self, channel, package):
        """How a parcel travels; other addons know.

        :param package: stock.package, empty for what left without one
        :return: schemas.TrackingData, None when there is no number
        """
        return None

    def _notify_tracking(self):
        """A tracking number came, or was corrected, after the parcel had left."""
        # sudo: warehouse staff need not see channels
        for picking in self.sudo().filtered(lambda picking: picking.state == "done"):
            for order in picking._channel_orders():
                order.env["channel.notifier"]._on_tracking(order, picking)
