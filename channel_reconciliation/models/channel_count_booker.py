# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
import random
import time
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.transaction import (
    CONFLICTS,
    own_transaction,
)

_logger = logging.getLogger(__name__)

AT_ONCE = 200
"""So many are booked while a person waits; more by the job, so many a transaction."""
RUN_SECONDS = 50
PAUSE_SECONDS, WAIT_SECONDS = 0.2, 5
"""Between two tries of what has moved; before what is left is tried again."""
NAMED = 5
"""So many products an exception names."""


class ChannelCountBooker(models.AbstractModel):
    """Adjusts Odoo's stock to what another system has counted, as people have decided.

    By what differs, and not to the count: goods may have moved since. Many products are
    booked by a job, some in each transaction; one that cannot be booked stops no other
    one, is open again, and is told.
    """

    _name = "channel.count.booker"
    _description = "Book Counts"

    @api.model
    def _accept(self, differences, reason):
        """A person has decided; some need another one who agrees.

        :param reason: of the person, kept with the stock moves
        """
        differences._lock()
        for difference in differences:
            difference._require_count()
        # sudo: what was decided is the buttons' to write
        differences.sudo().write(
            {
                "decision": "adjust",
                "reason": reason,
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
            }
        )
        asked = differences.filtered("needs_approval")
        # sudo: the state is the buttons' to write
        asked.sudo().write({"state": "decided"})
        asked._log_all(self.env._("decided, to be approved by another person"))
        self._book_decided(differences - asked)

    @api.model
    def _book_decided(self, differences):
        """Book few at once, and have many booked."""
        if len(differences) <= AT_ONCE:
            self._book(differences)
            return
        # sudo: the state is the buttons' to write
        differences.sudo().write({"state": "booking"})
        differences._log_all(self.env._("Odoo's stock is to be adjusted"))
        self._wake()

    def _wake(self, seconds=0):
        self.env["channel.channel"]._after_commit(
            0, "_job_book_counts", seconds=seconds
        )

    # ------------------------------------------------------------------ job
    @api.model
    def _run(self):
        """Book what is to be booked. Where stock moves or is counted anew meanwhile,
        fewer are booked at once: of 200 products one always moves in a busy warehouse,
        and all would wait for it. One that moves by itself is passed over this time.

        :return: whether there is more
        """
        end = time.monotonic() + RUN_SECONDS
        size, passed = AT_ONCE, []
        while time.monotonic() < end:
            ids, moved = self._book_next(size, passed)
            if moved:
                passed += ids if len(ids) == 1 else []
                size = max((len(ids) or size) // 2, 1)
                time.sleep(random.uniform(0, PAUSE_SECONDS))
            elif ids:
                size = min(size * 2, AT_ONCE)
            else:
                break
        return self._has_more()

    def _has_more(self):
        """Also of those that another transaction has locked: a new count, or a person
        who decides."""
        with own_transaction(self.env) as env:
            # sudo: differences of all companies
            differences = env["channel.reconcile.difference"].sudo()
            return bool(differences.search_count([("state", "=", "booking")], limit=1))

    def _book_next(self, size, passed):
        """Book so many, but for those that are passed over.

        :return: (ids, whether they have moved meanwhile, so that none is booked)
        """
        ids = []
        try:
            # stock is moved as Odoo does: conflicts have to be noticed
            with own_transaction(self.env, read_committed=False) as env:
                rows = env.execute_query(
                    SQL(
                        """
                        SELECT id FROM channel_reconcile_difference
                         WHERE state = 'booking' AND id <> ALL(%s)
                         ORDER BY id LIMIT %s
                           FOR NO KEY UPDATE SKIP LOCKED
                        """,
                        passed,
                        size,
                    )
                )
                ids = [difference_id for (difference_id,) in rows]
                # sudo: people have decided on these, whoever's job it is
                found = env["channel.reconcile.difference"].sudo().browse(ids)
                # sudo: as above
                booker = env["channel.count.booker"].sudo()
                if found and not booker._try(found):
                    for difference in found:
                        booker._try(difference)
            return ids, False
        except CONFLICTS:
            return ids, True

    def _try(self, differences):
        """:return: whether they were booked; one that cannot be is a person's"""
        try:
            with self.env.cr.savepoint():
                self._book(differences)
            return True
        except CONFLICTS:
            raise
        except UserError as error:
            words = str(error)
        except Exception as error:  # pylint: disable=broad-except
            # one product that breaks Odoo's stock must not stop all others
            _logger.exception("counts %s could not be booked", differences.ids)
            words = f"{type(error).__name__}: {error}"
        if len(differences) == 1:
            self._fail(differences, words)
        return False

    def _fail(self, difference, words):
        difference.write({"state": "open", "note": words[:500]})
        difference._log(words)
        warehouse = difference.warehouse_id
        failed = difference.search(self._get_failed_domain(warehouse))
        self.env["channel.exception"]._report(
            self.env["channel.channel"],
            "reconcile",
            key=_key(warehouse),
            record=difference,
            company=warehouse.company_id,
            message=self.env._(
                "Odoo's stock in %(warehouse)s could not be adjusted to the counts of "
                "%(count)s products: %(names)s. %(why)s",
                warehouse=warehouse.name,
                count=len(failed),
                names=", ".join(each.sku or "" for each in failed[:NAMED]),
                why=words,
            ),
            suggestion=self.env._(
                "Under Reconciliation, Differences: the note of each says why. Adjust "
                "it again when that is corrected, or close it. It ends with them."
            ),
        )

    def _get_failed_domain(self, warehouse):
        return [
            ("warehouse_id", "=", warehouse.id),
            ("state", "=", "open"),
            ("decision", "=", "adjust"),
        ]

    @api.model
    def _follow(self):
        """Once a minute: go on with what a lost job has left, and end the exceptions
        of what was booked or closed."""
        # sudo: differences of all companies
        differences = self.env["channel.reconcile.difference"].sudo()
        if differences.search_count([("state", "=", "booking")], limit=1):
            self._wake()
        # sudo: whose exceptions they are does not matter
        exceptions = self.env["channel.exception"].sudo()
        told = exceptions.search(
            [("state", "=", "open"), ("key", "=like", f"{_key()}%")]
        )
        for exception in told:
            warehouse = self.env["stock.warehouse"].browse(
                int(exception.key.rpartition(":")[2])
            )
            if not differences.search_count(self._get_failed_domain(warehouse)):
                exceptions._resolve_keys(
                    exception.channel_id, [exception.key], company=exception.company_id
                )

    # ----------------------------------------------------------------- book
    @api.model
    def _book(self, differences):
        """:raise UserError: one of them cannot be booked: then none is"""
        for warehouse, of_warehouse in differences.grouped("warehouse_id").items():
            self._adjust(warehouse, of_warehouse)
        differences._settle("accepted")
        for warehouse in differences.warehouse_id:
            # sudo: snapshots are the server's; who may decide was asked for
            self.env["channel.stock.snapshot"].sudo()._tell(warehouse)

    def _adjust(self, warehouse, differences):
        """Post inventory adjustments, one for each run and reason."""
        quants = self._find_quants(warehouse, differences.product_id)
        for difference in differences:
            self._require_there(warehouse, difference, quants)
        # sudo: an operator or manager of channels adjusts by these differences alone
        stock = self.env["stock.quant"].sudo()
        lacking = differences.product_id.filtered(lambda each: each not in quants)
        created = stock.create(
            [
                {
                    "product_id": product.id,
                    "location_id": warehouse.lot_stock_id.id,
                }
                for product in lacking
            ]
        )
        quants |= created.grouped("product_id")
        causes = differences.grouped(lambda each: (each.trace, each.reason))
        for (trace, reason), caused in causes.items():
            name = caused.display_name if len(caused) == 1 else warehouse.name
            units = defaultdict(float)
            for difference in caused:
                units[quants[difference.product_id]] += difference.stock_units
            stock._adjust_by(units, f"{name} ({trace}): {reason}")
            caused._log_all(
                self.env._("Odoo's stock was adjusted: %(reason)s", reason=reason)
            )

    def _find_quants(self, warehouse, products):
        """:return: {product: the fullest stock.quant of it that channels sell from}"""
        # sudo: see ``_adjust``
        found = (
            self.env["stock.quant"]
            .sudo()
            .search(
                [
                    ("product_id", "in", products.ids),
                    ("location_id", "child_of", warehouse.view_location_id.id),
                    ("location_id.usage", "=", "internal"),
                    ("location_id.stock_state", "=", "sellable"),
                    ("owner_id", "=", False),
                    ("package_id", "=", False),
                ],
                order="quantity desc, id",
            )
        )
        return {
            product: quants[0]
            for product, quants in found.grouped("product_id").items()
        }

    def _require_there(self, warehouse, difference, quants):
        """:raise UserError: there is not as much as would have to go"""
        product = difference.product_id
        quant = quants.get(product)
        left = (quant.quantity if quant else 0) + difference.stock_units
        if product.uom_id.compare(left, 0) < 0:
            raise UserError(
                self.env._(
                    "No place in %(warehouse)s has as much of %(product)s as would be "
                    "taken off: count it under Inventory, Physical Inventory.",
                    warehouse=warehouse.name,
                    product=product.display_name,
                )
            )


def _key(warehouse=None):
    """What the exception of counts that could not be booked is known by."""
    return f"booking:{warehouse.id if warehouse else ''}"
