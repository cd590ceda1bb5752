# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime

from odoo.addons.channel_inventory_base.db.transaction import (
    CONFLICTS,
    own_transaction,
    retry_on_conflict,
)

_logger = logging.getLogger(__name__)

AT_ONCE = 200
"""So many products are booked in a transaction, and while a person waits."""
RUN_SECONDS = 50
NAMED = 5
"""So many products that could not be booked are named."""


class ChannelCutOverBooker(models.AbstractModel):
    """Carries cut-overs out, and takes them back.

    What differs from the count is booked as inventory adjustments, which leave the
    count itself alone.

    Whoever changes the authority takes the warehouse's turn first, as reports do: a
    report that comes in meanwhile waits, and meets the new authority.
    """

    _name = "channel.cut.over.booker"
    _description = "Carry Cut-Overs Out"
    _inherit = ["channel.cut.over.facts"]

    # ---------------------------------------------------------------- begin
    @api.model
    def _begin(self, cut_overs):
        """They were approved."""
        for cut_over in cut_overs:
            self._freeze(cut_over)
        self._go_on(cut_overs)

    @api.model
    def _take_back(self, cut_overs):
        """The former authority counts, and what was booked is booked back."""
        for cut_over in cut_overs:
            self._freeze(cut_over)
            if cut_over.step == "done":
                self._set_authority(cut_over.warehouse_id, cut_over.former)
            # sudo: progress is the buttons' to write
            record = cut_over.sudo()
            record.hold_ids.filtered(lambda hold: hold.state == "active").write(
                {"state": "released"}
            )
            record.write({"step": "returning", "failure": False})
        self._go_on(cut_overs)

    @api.model
    def _go_on(self, cut_overs):
        """Work at few bookings at once, and have many worked at."""
        for cut_over in cut_overs:
            # sudo: who may decide was asked for
            booker = self.sudo()
            if booker._count_open(cut_over) > AT_ONCE:
                self._wake()
            elif cut_over.step == "booking":
                booker._book_rest(cut_over.sudo())  # sudo: as above
            else:
                booker._return_some(cut_over.sudo())  # sudo: as above

    def _count_open(self, cut_over):
        if cut_over.step == "returning":
            return len(cut_over.line_ids.filtered(lambda line: not line.is_returned))
        return len(self._find_differences(cut_over))

    def _freeze(self, cut_over):
        """What is sold from the warehouse is not raised for a while."""
        until = fields.Datetime.now() + timedelta(minutes=cut_over.freeze_minutes)
        # sudo: until when is the server's to write
        cut_over.warehouse_id.sudo().channel_frozen_until = until

    def _wake(self):
        self.env["channel.channel"]._after_commit(0, "_job_cut_over")

    # ------------------------------------------------------------------ job
    @api.model
    def _run(self):
        """Go on with what is under way. :return: whether there is more"""
        end = time.monotonic() + RUN_SECONDS
        while retry_on_conflict(self._work_next):
            if time.monotonic() > end:
                return True
        return False

    @api.model
    def _recover(self):
        """Once a minute: go on with what a lost job has left, and end the exceptions
        of orders that are not held any more."""
        # sudo: cut-overs of all companies
        cut_overs = self.env["channel.cut.over"].sudo()
        if cut_overs.search_count(
            [("step", "in", ("booking", "returning")), ("failure", "=", False)], limit=1
        ):
            self._wake()
        for exception in self.env["channel.exception"].search(
            [("state", "=", "open"), ("key", "=like", "cut_over_holds:%")]
        ):
            cut_over = cut_overs.browse(int(exception.key.rpartition(":")[2])).exists()
            if not self._is_holding(cut_over):
                self._resolve(exception.company_id, exception.key)

    def _is_holding(self, cut_over):
        now = fields.Datetime.now()
        return cut_over.hold_ids.filtered(
            lambda hold: hold.state == "active" and hold.expires_at > now
        )

    def _work_next(self):
        """:return: whether there was something to work at"""
        # stock is moved as Odoo does: conflicts have to be noticed
        with own_transaction(self.env, read_committed=False) as env:
            rows = env.execute_query(
                SQL(
                    """
                    SELECT id FROM channel_cut_over
                     WHERE step IN ('booking', 'returning') AND failure IS NULL
                     ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
                    """
                )
            )
            # sudo: people have decided on it, whoever's job it is
            cut_over = env["channel.cut.over"].sudo().browse(row[0] for row in rows)
            if cut_over:
                env["channel.cut.over.booker"].sudo()._work(cut_over)
            return bool(cut_over)

    def _work(self, cut_over):
        """Book some products, or come to the end."""
        if cut_over.step == "returning":
            self._return_some(cut_over)
        elif cut_over.step == "booking":
            self._book_some(cut_over)

    # ----------------------------------------------------------------- book
    def _book_some(self, cut_over):
        """Some products more; behind the last one, the change itself."""
        if not self._take_turn(cut_over):
            return
        products = self._find_products(cut_over, AT_ONCE)
        some = self._find_differences(cut_over, products) if products else {}
        if some and not self._book_or_name(cut_over, some):
            return
        if len(products) == AT_ONCE:
            cut_over.cursor = products[-1]
            return
        self._book_rest(cut_over)

    def _book_rest(self, cut_over):
        """What has moved since it was booked, and then the change of authority."""
        if not self._take_turn(cut_over):
            return
        rest = self._find_differences(cut_over)
        if len(rest) > AT_ONCE:
            # another report has come in
            cut_over.cursor = 0
            return
        if not rest or self._book_or_name(cut_over, rest):
            self._change_authority(cut_over)

    def _take_turn(self, cut_over):
        """:return: whether the authority is still the one it was made for"""
        warehouse = cut_over.warehouse_id
        warehouse._take_channel_turn()
        if warehouse.channel_authority == cut_over.former:
            return True
        self._fail(
            cut_over,
            self.env._(
                "Somebody else has changed who counts %s. Take the cut-over back, "
                "and make a new one.",
                warehouse.name,
            ),
        )
        return False

    def _book_or_name(self, cut_over, differences):
        """:return: whether all could be booked; those that could not are named"""
        if self._try(cut_over, lambda: self._book(cut_over, differences)):
            return True
        return self._name_failing(cut_over, differences)

    def _change_authority(self, cut_over):
        """The last products are booked in this transaction, and no report comes in."""
        warehouse = cut_over.warehouse_id
        if cut_over.authority == "odoo":
            self._hold_foreign(cut_over)
            # what the other system goes on to report is compared, and refused by nobody
            warehouse.channel_compares = True
        self._freeze(cut_over)
        self._set_authority(warehouse, cut_over.authority)
        cut_over.write({"step": "done", "done_at": fields.Datetime.now()})
        cut_over._log_control(
            self.env._(
                "%(cut_over)s: done, %(count)s quants were adjusted",
                cut_over=cut_over.name,
                count=len(cut_over.line_ids),
            )
        )
        self._resolve(cut_over.company_id, _key(cut_over))

    @api.model
    def _set_authority(self, warehouse, authority):
        # sudo: who counts a warehouse is changed by those who may decide on it
        warehouse.sudo().channel_authority = authority
        self.env.flush_all()

    def _book(self, cut_over, differences):
        """
        :param differences: {product id: stock units}: what Odoo has too little of
        :raise UserError: of some it has as much as before
        """
        products = self.env["product.product"].browse(differences)
        quants = self._find_quants(cut_over.warehouse_id, products)
        changes = []
        for product in products:
            changes += self._divide(
                cut_over.warehouse_id,
                product,
                differences[product.id],
                quants.get(product, self.env["stock.quant"]),
            )
        self._adjust(cut_over, changes)
        self.env["channel.cut.over.line"].create(
            [
                {
                    "cut_over_id": cut_over.id,
                    "product_id": quant.product_id.id,
                    "location_id": quant.location_id.id,
                    "lot_id": quant.lot_id.id,
                    "package_id": quant.package_id.id,
                    "units": units,
                }
                for quant, units in changes
            ]
        )
        self._require_booked(cut_over, products)

    def _require_booked(self, cut_over, products):
        """:raise UserError: the place or lot that was booked to counts for nothing: the
        number would jump when the authority changes"""
        left = self._find_differences(cut_over, products.ids)
        if left:
            raise UserError(
                self.env._(
                    "What is booked of %s cannot be sold: look at the lots and places "
                    "that it has in Odoo.",
                    ", ".join(products.browse(left).mapped("display_name")[:NAMED]),
                )
            )

    def _find_quants(self, warehouse, products):
        """:return: {product: its quants that channels sell from, the fullest first}"""
        found = self.env["stock.quant"].search(
            [
                ("product_id", "in", products.ids),
                ("location_id", "child_of", warehouse.view_location_id.id),
                ("location_id.usage", "=", "internal"),
                ("location_id.stock_state", "=", "sellable"),
                ("owner_id", "=", False),
            ],
            order="quantity desc, id",
        )
        return found.grouped("product_id")

    def _divide(self, warehouse, product, units, quants):
        """:return: list of (quant, units): more goes to the fullest, less comes off all
        that there is"""
        if units < 0:
            changes = []
            for quant in quants.filtered(lambda quant: quant.quantity > 0):
                taken = max(units, -quant.quantity)
                if taken:
                    changes.append((quant, taken))
                units = product.uom_id.round(units - taken)
            if not units:
                return changes
        else:
            changes = []
        quant = quants[:1]
        if not quant:
            quant = quants.create(
                {
                    "product_id": product.id,
                    "location_id": warehouse.lot_stock_id.id,
                }
            )
        return [*changes, (quant, units)]

    def _adjust(self, cut_over, changes):
        """
        :param changes: list of (quant, units)
        """
        sums = {}
        for quant, units in changes:
            sums[quant] = sums.get(quant, 0) + units
        self.env["stock.quant"]._adjust_by(sums, cut_over.name)
        self.env.flush_all()

    # --------------------------------------------------------------- return
    def _return_some(self, cut_over):
        """What was booked is booked back, quant by quant."""
        cut_over.warehouse_id._take_channel_turn()
        lines = cut_over.line_ids.filtered(lambda line: not line.is_returned)
        some = lines[:AT_ONCE]
        if some and not self._try(cut_over, lambda: self._return(cut_over, some)):
            self._fail(cut_over, cut_over.failure)
            return
        if len(some) == len(lines):
            cut_over.step = "returned"
            cut_over._log_control(self.env._("%s: taken back", cut_over.name))
            self._resolve(cut_over.company_id, _key(cut_over))
            self._resolve(cut_over.company_id, f"cut_over_holds:{cut_over.id}")

    def _return(self, cut_over, lines):
        self._adjust(
            cut_over, [(self._find_quant(line), -line.units) for line in lines]
        )
        lines.is_returned = True

    def _find_quant(self, line):
        """The quant that was adjusted, or another one in its place."""
        where = {
            "product_id": line.product_id.id,
            "location_id": line.location_id.id,
            "lot_id": line.lot_id.id,
            "package_id": line.package_id.id,
            "owner_id": False,
        }
        quants = self.env["stock.quant"]
        domain = [(name, "=", value) for name, value in where.items()]
        return quants.search(domain, order="quantity desc", limit=1) or quants.create(
            where
        )

    # ----------------------------------------------------------------- fail
    def _try(self, cut_over, work):
        """:return: whether it could be done; why not is on the cut-over"""
        try:
            with self.env.cr.savepoint():
                work()
            return True
        except CONFLICTS:
            raise
        except UserError as error:
            words = str(error)
        except Exception as error:  # pylint: disable=broad-except
            # one product that breaks Odoo's stock must not stop the job for ever
            _logger.exception("%s could not be booked", cut_over)
            words = f"{type(error).__name__}: {error}"
        cut_over.failure = words
        return False

    def _name_failing(self, cut_over, some):
        """Book each by itself: those that can be are, the others are a person's.

        :return: whether there are no others
        """
        failing = []
        for product_id, units in some.items():
            if not self._try(
                cut_over,
                lambda known=(product_id, units): self._book(cut_over, dict([known])),
            ):
                failing.append((product_id, cut_over.failure))
        if not failing:
            cut_over.failure = False
            return True
        names = self.env["product.product"].browse(
            product_id for product_id, _words in failing
        )
        words = [
            f"{product.display_name}: {words}"
            for product, (_id, words) in zip(names, failing[:NAMED], strict=False)
        ]
        self._fail(cut_over, "\n".join(words))
        return False

    def _fail(self, cut_over, words):
        cut_over.failure = words
        self.env["channel.exception"]._report(
            self.env["channel.channel"],
            "cut_over",
            key=_key(cut_over),
            record=cut_over,
            company=cut_over.company_id,
            message=self.env._(
                "%(cut_over)s: not all could be booked. %(why)s",
                cut_over=cut_over.name,
                why=words,
            ),
            suggestion=self.env._(
                "Nothing has changed on the channels because of it. Correct the "
                "products, and press Continue on the cut-over; or Take Back, and what "
                "was booked is booked back."
            ),
        )

    def _resolve(self, company, key):
        self.env["channel.exception"]._resolve_keys(
            self.env["channel.channel"], [key], company=company
        )

    # ---------------------------------------------------------------- holds
    @api.model
    def _prepare_holds(self, cut_over):
        """:return: values of a hold for each product that orders take which Odoo does
        not know"""
        if not cut_over.hold_days or cut_over.authority != "odoo":
            return []
        until = fields.Datetime.now() + timedelta(days=cut_over.hold_days)
        return [
            {
                "company_id": cut_over.company_id.id,
                "product_id": product_id,
                "warehouse_id": cut_over.warehouse_id.id,
                "stock_quantity": units,
                "expires_at": until,
                "note": cut_over.name,
            }
            for product_id, units in self._find_foreign(cut_over.warehouse_id).items()
        ]

    def _hold_foreign(self, cut_over):
        """Orders of the other system are not in Odoo yet: their goods stay held."""
        vals_list = self._prepare_holds(cut_over)
        if not vals_list:
            return
        cut_over.hold_ids = self.env["channel.hold"].create(vals_list)
        self.env["channel.exception"]._report(
            self.env["channel.channel"],
            "cut_over",
            key=f"cut_over_holds:{cut_over.id}",
            record=cut_over,
            company=cut_over.company_id,
            message=self.env._(
                "%(units)g units of %(count)s products are held until %(until)s for "
                "orders of the system that has counted %(warehouse)s.",
                units=sum(vals["stock_quantity"] for vals in vals_list),
                count=len(vals_list),
                until=format_datetime(self.env, vals_list[0]["expires_at"]),
                warehouse=cut_over.warehouse_id.name,
            ),
            suggestion=self.env._(
                "Enter those orders in Odoo, and release each hold under Holds when "
                "its order is there. It ends with the last hold, and then what is left "
                "is free to be sold."
            ),
        )


def _key(cut_over):
    """What the exception of a cut-over that cannot go on is known by."""
    return f"cut_over:{cut_over.id}"
