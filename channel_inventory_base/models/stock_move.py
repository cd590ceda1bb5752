# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

from ..const import MOVE
from ..tools.actions import open_form
from ..tools.inner import inner, take_inner


class StockMove(models.Model):
    _name = "stock.move"
    _inherit = ["stock.move", "channel.guarded", "channel.wakes.planner"]

    channel_told = fields.Boolean(
        string="Told by the Warehouse",
        readonly=True,
        copy=False,
        help="A correction that the warehouse has reported, such as goods found or "
        "destroyed: it counts since the warehouse's last count as a shipment does.",
    )

    channel_known_at = fields.Datetime(
        string="Known to the Warehouse since",
        readonly=True,
        copy=False,
        help="When the system that counts the warehouse was told of this demand: what "
        "it reports as allocated since then has it, and it counts once.",
    )

    # a new one is a draft, which promises nothing
    _wakes_when_gone = True
    _waking_fields = frozenset(
        {
            "state",
            "product_uom_qty",
            "location_id",
            "location_dest_id",
            "location_final_id",
            "procure_method",
            "restrict_partner_id",
            "date",
            "date_deadline",
            "move_orig_ids",
            "move_dest_ids",
            "channel_told",
            "channel_known_at",
        }
    )

    # ---------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        known = [take_inner(vals, "channel_known_at") for vals in vals_list]
        moves = super().create(vals_list)
        for move, moment in zip(moves, known, strict=True):
            if moment:
                # sudo: a part of a known delivery is known, whoever divides it
                move.sudo().channel_known_at = moment
        return moves

    def write(self, vals):
        if "product_uom_qty" in vals:
            # more than the other system was told: it has to be told again
            raised = self.filtered(
                lambda move: (
                    move.channel_known_at
                    and move.product_uom_qty < vals["product_uom_qty"]
                )
            )
            # sudo: the time is no user's to write
            raised.sudo().channel_known_at = False
        return super().write(vals)

    def _prepare_move_split_vals(self, qty):
        vals = super()._prepare_move_split_vals(qty)
        if self.channel_known_at:
            vals.update(inner(channel_known_at=self.channel_known_at))
        return vals

    # ------------------------------------------------------------ told late
    def _set_done_at(self, moment):
        """These moves are done, and were at ``moment``: their dates say so, and what
        stands on them, as stock that is counted elsewhere.

        :param moment: naive UTC, not later than now: what has not come yet is not done
        """
        done = self.filtered(lambda move: move.state == "done")
        if not done:
            return
        moment = min(moment, fields.Datetime.now())
        # not by the deliveries' deadlines, which stay as they were promised
        done.write({"date": moment})
        done.move_line_ids.write({"date": moment})
        done._set_arrived_at(moment)
        self._tell_planner(done.product_id)

    def _set_arrived_at(self, moment):
        """Goods that came into the warehouse lie there since then: the first in is the
        first out."""
        for line in self.move_line_ids:
            if line.location_dest_id.usage != "internal":
                continue
            if line.location_id.usage == "internal":
                # they have been here before
                continue
            # sudo: a quant is no user's to write
            quants = self.env["stock.quant"].sudo()
            quants._gather(
                line.product_id,
                line.location_dest_id,
                lot_id=line.lot_id,
                package_id=line.result_package_id,
                owner_id=line.owner_id,
                strict=True,
            ).filtered(lambda quant: quant.in_date > moment).in_date = moment

    @api.model
    def _tell_planner(self, products):
        """A past move was another one than the planner knows; no trigger looks at
        what is done."""
        if products:
            self.env.execute_query(
                SQL(
                    "INSERT INTO channel_change (product_id) SELECT unnest(%s) "
                    "RETURNING id",
                    list(products.ids),
                )
            )
            self.env["channel.change"]._wake_planner()

    # ------------------------------------------------------------- as a cause
    @api.model
    def _of_traces(self, traces):
        """:return: trace -> stock.move, of those that name one

        With more rights: who may read a number may know what made it.
        """
        named = {
            trace: int(trace.removeprefix(MOVE))
            for trace in traces
            if trace and trace.startswith(MOVE)
        }
        # sudo: channel users need no rights in the warehouse to be told
        found = self.sudo().browse(named.values()).exists()
        return {
            trace: found.browse(move_id)
            for trace, move_id in named.items()
            if move_id in found.ids
        }

    def _get_cause_message(self):
        """The stock change with its location, user and time, in the reader's time
        zone."""
        moment = format_datetime(self.env, self.date, dt_format="yyyy-MM-dd HH:mm:ss")
        return self.env._(
            "%(what)s at %(moment)s", what=self._get_author_message(), moment=moment
        )

    def _get_author_message(self):
        self.ensure_one()
        return self.env._(
            "%(what)s by %(person)s",
            what=self._get_movement_message(),
            person=self._get_doer().name,
        )

    def _get_doer(self):
        """The user who did it: of the move itself for a count or scrap, of its
        validation for a transfer."""
        made_for_it = self.is_inventory or self.scrap_id
        return self.create_uid if made_for_it else self.write_uid

    def _get_movement_message(self):
        values = {
            "quantity": f"{self.quantity:g}",
            "origin": self.location_id.warehouse_id.name or self.location_id.name,
            "target": self.location_dest_id.warehouse_id.name
            or self.location_dest_id.name,
            "document": self.picking_id.name or self.reference or "",
        }
        if self.is_inventory:
            place = self._get_counted_location()
            return self.env._(
                "counted %(quantity)s in %(place)s",
                quantity=f"{self._get_counted(place):g}",
                place=place.warehouse_id.name or place.display_name,
            )
        if self.scrap_id:
            return self.env._("scrapped %(quantity)s in %(origin)s", **values)
        if self.location_dest_id.usage == "customer":
            return self.env._(
                "%(quantity)s left %(origin)s with %(document)s", **values
            )
        if self.location_id.usage not in ("internal", "view", "transit"):
            return self.env._(
                "%(quantity)s came into %(target)s with %(document)s", **values
            )
        return self.env._(
            "%(quantity)s moved from %(origin)s to %(target)s with %(document)s",
            **values,
        )

    def _get_counted_location(self):
        if self.location_id.usage == "inventory":
            return self.location_dest_id
        return self.location_id

    def _get_counted(self, place):
        """The counted quantity, in stock units: the present quantity less the moves
        since."""
        [[quantity]] = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE((
                           SELECT sum(quantity) FROM stock_quant
                            WHERE product_id = %(product)s AND location_id = %(place)s
                       ), 0) - COALESCE((
                           SELECT sum(CASE WHEN location_dest_id = %(place)s THEN 1
                                           ELSE -1 END * quantity_product_uom)
                             FROM stock_move_line
                            WHERE product_id = %(product)s AND state = 'done'
                              AND move_id <> %(move)s AND id > %(line)s
                              AND %(place)s IN (location_id, location_dest_id)
                              AND location_id <> location_dest_id
                       ), 0)
                """,
                product=self.product_id.id,
                place=place.id,
                move=self.id,
                line=max(self.move_line_ids.ids, default=0),
            )
        )
        return quantity

    def _prepare_audit_vals(self, trace):
        return {
            "at": self.date,
            "company_id": self.company_id.id,
            "user_id": self._get_doer().id,
            "kind": "stock",
            "res_model": self._name,
            "res_id": self.id,
            "trace": trace,
            "message": f"{self.product_id.display_name}: {self._get_author_message()}",
        }

    def _open_as_cause(self):
        self.ensure_one()
        document = self.picking_id or self.scrap_id or self
        return open_form(document._name, document.id)
