"""Two books of the same orders: the shops' own, and Odoo's. See ``money`` for the form.

The shops' is read from what the sandboxes keep, by their own arithmetic, and never from
what the addons have stored. Odoo's is added up in SQL from its documents.
"""

from decimal import Decimal

from sandbox.shopify import totals

from . import carts
from .money import ZERO

# (title, percent): one inside or on top, two that come together.
TAXES = (("VAT", 21), ("State", 6), ("City", 2.5))
SERVICES = ("tip", "fee", "gift_card")

# A row a channel order with a sale order, or with documents of its refunds.
DOCUMENTS = """
    WITH known AS (
        SELECT known.id, known.channel_id, known.sale_order_id,
               sale.state AS sale_state,
               substring(known.external_id from '[0-9]+$') AS ref
          FROM channel_order known
          LEFT JOIN sale_order sale ON sale.id = known.sale_order_id
    ),
    document AS (
        SELECT known.id, line.move_id
          FROM known
          JOIN sale_order_line sold ON sold.order_id = known.sale_order_id
          JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = sold.id
          JOIN account_move_line line ON line.id = rel.invoice_line_id
         UNION
        SELECT refund.order_id, refund.move_id FROM channel_refund refund
         WHERE refund.move_id IS NOT NULL
    ),
    move AS (
        SELECT document.id, move.id AS move_id, move.state,
               CASE move.move_type WHEN 'out_refund' THEN -1 ELSE 1 END AS sign,
               move.amount_total, move.amount_tax, move.amount_residual,
               EXISTS (SELECT FROM channel_refund refund
                        WHERE refund.move_id = move.id) AS of_refund,
               -- the sale order says what this document says: not where what stays
               -- sold was credited by a person
               move.move_type = 'out_invoice' OR COALESCE(move.channel_made, false)
               OR EXISTS (SELECT FROM channel_refund refund
                           WHERE refund.move_id = move.id
                             AND refund.state <> 'ours') AS is_followed
          FROM document JOIN account_move move ON move.id = document.move_id
         WHERE move.state <> 'cancel'
    ),
    booked AS (
        SELECT id, sum(sign * amount_total) AS total, sum(sign * amount_tax) AS tax,
               COALESCE(sum(sign * amount_total) FILTER (
                   WHERE state = 'posted'), 0) AS posted,
               COALESCE(sum(amount_total) FILTER (
                   WHERE state = 'posted' AND sign > 0), 0) AS invoiced,
               COALESCE(sum(amount_residual) FILTER (
                   WHERE state = 'posted' AND sign < 0 AND NOT of_refund), 0) AS owed
          FROM move GROUP BY id
    ),
    -- a row a line of a sale order: what of it documents have, that it follows and all
    line AS (
        SELECT known.id, sold.id AS line_id, sold.product_uom_qty, sold.price_total,
               sold.price_total - sold.price_subtotal AS tax,
               of_line.followed_units, of_line.followed, of_line.followed_tax,
               of_line.units, of_line.total AS booked, of_line.tax AS booked_tax
          FROM known
          JOIN sale_order_line sold ON sold.order_id = known.sale_order_id
               AND sold.display_type IS NULL
         CROSS JOIN LATERAL (
               SELECT COALESCE(sum(sign * quantity), 0) AS units,
                      COALESCE(sum(sign * price_total), 0) AS total,
                      COALESCE(sum(sign * (price_total - price_subtotal)), 0) AS tax,
                      COALESCE(sum(sign * quantity)
                               FILTER (WHERE is_followed), 0) AS followed_units,
                      COALESCE(sum(sign * price_total)
                               FILTER (WHERE is_followed), 0) AS followed,
                      COALESCE(sum(sign * (price_total - price_subtotal))
                               FILTER (WHERE is_followed), 0) AS followed_tax
                 FROM sale_order_line_invoice_rel rel
                 JOIN account_move_line part ON part.id = rel.invoice_line_id
                 JOIN move ON move.move_id = part.move_id AND move.id = known.id
                WHERE rel.order_line_id = sold.id) of_line
         WHERE known.sale_state = 'sale'
    ),
    open AS (
        SELECT id,
               sum(CASE WHEN product_uom_qty - followed_units > 0.000001
                        THEN price_total - followed
                        -- what a person has credited may be what was taken off it
                        WHEN product_uom_qty - followed_units < -0.000001
                         AND product_uom_qty - units < -0.000001
                        THEN price_total - booked ELSE 0 END) AS total,
               sum(CASE WHEN product_uom_qty - followed_units > 0.000001
                        THEN tax - followed_tax
                        WHEN product_uom_qty - followed_units < -0.000001
                         AND product_uom_qty - units < -0.000001
                        THEN tax - booked_tax ELSE 0 END) AS tax
          FROM line GROUP BY id
    ),
    paid_by AS (
        SELECT move.id, rel.payment_id
          FROM move JOIN account_move__account_payment rel
                      ON rel.invoice_id = move.move_id
         WHERE move.state = 'posted'
         UNION
        SELECT move.id, other.payment_id
          FROM move
          JOIN account_move_line mine ON mine.move_id = move.move_id
          JOIN account_partial_reconcile part
                 ON mine.id IN (part.debit_move_id, part.credit_move_id)
          JOIN account_move_line other
                 ON other.id IN (part.debit_move_id, part.credit_move_id)
                AND other.id <> mine.id
         WHERE move.state = 'posted' AND other.payment_id IS NOT NULL
    ),
    paid AS (
        SELECT paid_by.id,
               COALESCE(sum(payment.amount) FILTER (
                   WHERE payment.payment_type = 'inbound'), 0) AS came,
               COALESCE(sum(payment.amount) FILTER (
                   WHERE payment.payment_type = 'outbound'), 0) AS went
          FROM paid_by JOIN account_payment payment ON payment.id = paid_by.payment_id
         WHERE payment.state IN ('in_process', 'paid')
         GROUP BY paid_by.id
    )
    SELECT known.channel_id, known.ref, COALESCE(known.sale_state = 'sale', false),
           COALESCE(booked.total, 0) + COALESCE(open.total, 0),
           COALESCE(booked.tax, 0) + COALESCE(open.tax, 0),
           COALESCE(booked.posted, 0), COALESCE(booked.invoiced, 0),
           COALESCE(booked.owed, 0), COALESCE(paid.came, 0), COALESCE(paid.went, 0)
      FROM known
      LEFT JOIN booked ON booked.id = known.id
      LEFT JOIN open ON open.id = known.id
      LEFT JOIN paid ON paid.id = known.id
"""
COLUMNS = ("total", "tax", "documents", "invoiced", "owed", "paid_in", "paid_out")
# Orders that an open exception names: itself, its notifications, its refunds, or among
# those that one cause stops. That goods are missing is nothing about money.
TOLD = """
    SELECT known.channel_id, substring(known.external_id from '[0-9]+$'),
           told.category, told.message
      FROM channel_exception told
      JOIN channel_order known ON EXISTS (
           SELECT FROM channel_exception_order_rel about
            WHERE about.exception_id = told.id AND about.order_id = known.id)
        OR told.res_model = 'channel.order' AND told.res_id = known.id
        OR told.res_model = 'channel.message' AND told.res_id IN (
           SELECT id FROM channel_message WHERE order_id = known.id)
        OR told.res_model = 'channel.refund' AND told.res_id IN (
           SELECT id FROM channel_refund WHERE order_id = known.id)
     WHERE told.state = 'open' AND told.category <> 'oversold'
     ORDER BY told.id
"""


def open_books(run, channel_ids):
    """What an accountant sets up before the doors open: taxes, journals, policies."""
    odoo = run.odoo
    journal_id = odoo.create(
        "account.journal", name="Payment Gateways", code="SIMGW", type="bank"
    )
    services = {
        f"{name}_product_id": odoo.create(
            "product.product",
            name=name.replace("_", " ").capitalize(),
            type="service",
            invoice_policy="order",
        )
        for name in SERVICES
    }
    for channel_id in channel_ids:
        _map_taxes(odoo, channel_id)
    _add_markets(odoo, channel_ids)
    odoo.call(
        "channel.channel",
        "write",
        channel_ids,
        {
            **services,
            "invoice_policy": "confirmed",
            "payment_policy": "paid",
            "payment_journal_id": journal_id,
        },
    )


def _add_markets(odoo, channel_ids):
    """Shops that sell in another currency besides, and name no storefront for it."""
    [currency] = odoo.find(
        "res.currency",
        ["name", "=", carts.OTHER_CURRENCY],
        ["active", "in", [True, False]],
        fields=["active"],
    )
    if not currency["active"]:
        odoo.call("res.currency", "write", [currency["id"]], {"active": True})
    shops = odoo.find(
        "channel.channel",
        ["id", "in", channel_ids],
        ["channel_type", "=", "woocommerce"],
    )
    for shop in shops:
        odoo.create(
            "channel.market",
            channel_id=shop["id"],
            name=f"Customers in {carts.OTHER_CURRENCY}",
            external_id=carts.OTHER_CURRENCY,
            currency_id=currency["id"],
        )


def _map_taxes(odoo, channel_id):
    """Each rate inside and on top. What is inside by itself is mapped already."""
    known = {
        (row["rate"], row["price_included"])
        for row in odoo.find(
            "channel.tax.map",
            ["channel_id", "=", channel_id],
            fields=["rate", "price_included"],
        )
    }
    for title, rate in TAXES:
        for included in (True, False):
            if (rate, included) in known:
                continue
            odoo.create(
                "channel.tax.map",
                channel_id=channel_id,
                rate=rate,
                price_included=included,
                tax_id=_find_tax(odoo, title, rate, included),
            )


def _find_tax(odoo, title, rate, included):
    name = f"{title} {rate:g}% ({'inside' if included else 'on top'})"
    if found := odoo.find("account.tax", ["name", "=", name]):
        return found[0]["id"]
    return odoo.create(
        "account.tax",
        name=name,
        amount=rate,
        amount_type="percent",
        type_tax_use="sale",
        price_include_override="tax_included" if included else "tax_excluded",
    )


# --- facts


def read(run, keys):
    """:param keys: {id of a channel: key of its shop}
    :return: {"shops": ..., "books": ..., "told": {order: [words]}}"""
    shops = {}
    for key, shop in run.shops.items():
        if reader := READERS.get(shop.shop.type):
            with shop.box.store.transaction():
                for order in shop.box.store.orders.values():
                    shops[f"{key}:{order.id}"] = reader(order)
    books = {
        f"{keys[channel]}:{ref}": {
            "sold": sold,
            **{
                name: Decimal(str(amount)).quantize(Decimal("0.01"))
                for name, amount in zip(COLUMNS, amounts, strict=True)
            },
        }
        for channel, ref, sold, *amounts in run.sql.rows(DOCUMENTS)
    }
    return {"shops": shops, "books": books, "told": read_told(run, keys)}


def read_told(run, keys):
    told = {}
    for channel, ref, category, message in run.sql.rows(TOLD):
        told.setdefault(f"{keys[channel]}:{ref}", []).append(f"{category}: {message}")
    return told


def _read_shopify(order):
    return {
        "total": totals.current_total(order).shop,
        "tax": totals.current_tax(order).shop,
        "rests": [
            refund.total.shop - _worth(order, refund)
            for refund in order.refunds
            if refund.total
        ],
        "received": totals.received(order).shop,
        "refunded": totals.refunded(order).shop,
        "paid": totals.financial_status(order)
        in ("PAID", "PARTIALLY_REFUNDED", "REFUNDED"),
        "cancelled": bool(order.cancelled_at),
        "taken_back": not any(line.current_quantity for line in order.lines),
    }


def _worth(order, refund):
    """The goods and charges that a refund names, with their tax."""
    rows = [(line.subtotal.shop, line.tax.shop) for line in refund.lines]
    rows += [(amount.shop, tax.shop) for _line, amount, tax in refund.shipping]
    return sum((net if order.taxes_included else net + tax for net, tax in rows), ZERO)


def _read_woocommerce(order):
    """Its total stays what was bought, whatever is refunded."""
    taxes = [line.tax for refund in order.refunds for line in refund.lines]
    return {
        "total": order.total - order.refunded,
        "tax": order.total_tax - sum(taxes, ZERO),
        "rests": [],
        "received": None,
        "refunded": order.refunded,
        "paid": bool(order.paid),
        "cancelled": order.status in ("cancelled", "failed", "trash"),
        "taken_back": all(
            order.refunded_units(line) >= line.quantity for line in order.lines
        ),
    }


READERS = {"shopify": _read_shopify, "woocommerce": _read_woocommerce}
