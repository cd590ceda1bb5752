# SPDX-License-Identifier: AGPL-3.0-or-later
class Sold:
    """Orders of a fake channel taken in and worked on. Mixed into both kinds of case.

    ``env`` is handed in, so that the same words do for an open transaction and for
    those that commit.
    """

    def find_order(self, env, name):
        channel = env["channel.channel"].browse(self.channel_id)
        return env["channel.order"].search(
            [("channel_id", "=", channel.id), ("external_id", "=", name)]
        )

    def pack(self, env, picking, *quantities):
        """Put the goods of a one-line delivery into parcels; what is left stays."""
        move = picking.move_ids
        move.move_line_ids.unlink()
        packages = env["stock.package"]
        for quantity in quantities:
            package = packages.create({"name": f"PACK{packages.search_count([])}"})
            env["stock.move.line"].create(
                {
                    "move_id": move.id,
                    "picking_id": picking.id,
                    "product_id": move.product_id.id,
                    "quantity": quantity,
                    "location_id": move.location_id.id,
                    "location_dest_id": move.location_dest_id.id,
                    "result_package_id": package.id,
                    "picked": True,
                }
            )
            packages |= package
        return packages

    def ship(self, env, sale_order, *quantities):
        """Validate the open delivery in parcels of ``quantities``, all when none."""
        picking = sale_order.picking_ids.filtered(
            lambda each: each.state not in ("done", "cancel")
        )
        picking.ensure_one()
        if quantities:
            self.pack(env, picking, *quantities)
        else:
            picking.move_ids.write({"picked": True})
        picking.with_context(skip_backorder=True).button_validate()
        return picking

    def take_back(self, env, picking, quantity, location=None):
        """Return goods of a done delivery, to be sold again unless ``location``."""
        wizard = (
            env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({"picking_id": picking.id})
        )
        wizard.product_return_moves.quantity = quantity
        action = wizard.action_create_returns()
        back = env["stock.picking"].browse(action["res_id"])
        if location:
            back.location_dest_id = location
            back.move_ids.location_dest_id = location
        back.move_ids.picked = True
        back.button_validate()
        return back
