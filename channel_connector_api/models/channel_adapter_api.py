# SPDX-License-Identifier: AGPL-3.0-or-later
import dataclasses
import json

from odoo import api, models

from odoo.addons.channel_inventory_base import exceptions, schemas
from odoo.addons.channel_inventory_base.db.transaction import own_transaction
from odoo.addons.channel_inventory_base.lib.events import compact

from .. import mapper

PAGE = 1000
MESSAGES = ("acceptance", "shipment", "tracking", "cancel", "refund")


class ChannelAdapterApi(models.AbstractModel):
    """What the base may ask of a channel whose other side calls us.

    There is nobody to speak to: what is published is stored where the API reads it, and
    done by that; what the other side is told is an event that it can read. So each
    method is a transaction of this database, committed when it returns, and no answer
    is ever lost on its way.
    """

    _name = "channel.adapter.api"
    _inherit = "channel.adapter"
    _description = "Channel Adapter: API"

    _service_name = "API"

    @api.model
    def _capabilities(self):
        return schemas.Capabilities(
            connects=True,
            push_levels=True,
            idempotent=True,
            # numbers are written and never read: the table is the base's own memory,
            # in one database with it, and nothing but the publisher writes it
            batch_size=500,
            nodes=True,
            # orders are told, and cannot be asked for
            orders=False,
            fetch=False,
            messages=MESSAGES,
            repeatable=MESSAGES,
            cancel_lines=True,
            tells_over=True,
            listings_by_hand=True,
        )

    # ---------------------------------------------------------- connection
    @api.model
    def _test_connection(self, channel):
        with own_transaction(self.env) as env:
            keys = env["channel.api.key"].search(
                [("channel_id", "=", channel.id), ("state", "=", "valid")]
            )
            orders = any(key.may_order for key in keys)
        if not keys:
            raise exceptions.AuthError(
                self.env._(
                    "%s has no valid key: nobody can read its numbers. Press New Key.",
                    channel.name,
                )
            )
        warnings = ()
        if not orders:
            warnings = (self.env._("No key may place orders."),)
        return schemas.ConnectionInfo(
            account_name=channel.name,
            account_ref=f"api-{channel.id}",
            currency=channel.currency_id.name or "",
            warnings=warnings,
        )

    # ----------------------------------------------------------- catalogue
    @api.model
    def _fetch_nodes(self, channel):
        """A node for each warehouse, and those that people have made."""
        with own_transaction(self.env) as env:
            own = env["channel.channel"].browse(channel.id)
            made = {node.external_id: node.name for node in own.node_ids}
            warehouses = env["stock.warehouse"].search(
                [("company_id", "=", own.company_id.id)]
            )
            found = {each.code: each.name for each in warehouses}
        return [schemas.NodeData(ref, name) for ref, name in (found | made).items()]

    @api.model
    def _iter_listings(self, channel):
        """What is offered: listings that people have made, and, where the channel says
        so, all goods that are sold and have an internal reference."""
        # "" stands for a page without anything that could be offered
        seen, last = {""}, 0
        while page := self._find_made(channel, last):
            last = page[-1][0]
            seen.update(data.external_id for _id, data in page)
            yield [data for _id, data in page]
        if channel.api_offers != "all":
            return
        last = 0
        while page := self._find_products(channel, last):
            last = page[-1][0]
            new = [data for _id, data in page if data.external_id not in seen]
            seen.update(data.external_id for data in new)
            yield new

    def _find_made(self, channel, last):
        with own_transaction(self.env) as env:
            listings = env["channel.listing"].search(
                [
                    ("channel_id", "=", channel.id),
                    ("state", "!=", "gone"),
                    ("id", ">", last),
                ],
                order="id",
                limit=PAGE,
            )
            return [
                (
                    each.id,
                    schemas.ListingData(
                        external_id=each.external_id,
                        stock_ref=each.stock_ref,
                        sku=each.sku or "",
                        barcode=each.barcode or "",
                        title=each.title or "",
                    ),
                )
                for each in listings
            ]

    def _find_products(self, channel, last):
        with own_transaction(self.env) as env:
            products = env["product.product"].search(
                [
                    ("default_code", "!=", False),
                    ("sale_ok", "=", True),
                    ("is_storable", "=", True),
                    ("company_id", "in", [False, channel.company_id.id]),
                    ("id", ">", last),
                ],
                order="id",
                limit=PAGE,
            )
            found = []
            for each in products:
                sku = each.default_code.strip()
                if sku:
                    found.append(
                        (
                            each.id,
                            schemas.ListingData(
                                external_id=sku,
                                stock_ref=sku,
                                sku=sku,
                                barcode=each.barcode or "",
                                title=each.name or "",
                            ),
                        )
                    )
            return found or ([(products[-1].id, _NONE)] if products else [])

    # -------------------------------------------------------------- levels
    @api.model
    def _prepare_push(self, channel, entries, reference):
        return compact([dataclasses.asdict(entry) for entry in entries])

    @api.model
    def _push_levels(self, channel, payload, key):
        entries = json.loads(payload)
        with own_transaction(self.env) as env:
            results = env["channel.api.level"]._store(
                env["channel.channel"].browse(channel.id), entries, key
            )
        return self._load_push(
            [
                self._load_line(line_id, status, code)
                for line_id, (status, code) in results.items()
            ]
        )

    @api.model
    def _get_line_messages(self, message):
        return {
            "UNKNOWN": self.env._(
                "The listing or the node was deleted while the number was on its way."
            )
        }

    # -------------------------------------------------------------- orders
    @api.model
    def _parse_order(self, channel, body):
        try:
            values = mapper.order_values(body)
        except mapper.Unreadable as error:
            raise exceptions.MalformedDataError(str(error), path=error.path) from error
        return schemas.load(schemas.OrderData, values)

    @api.model
    def _salvage_order(self, channel, body):
        """What was posted has passed the description: there is nothing to salvage that
        could not be read."""
        return None

    # ------------------------------------------------------------ messages
    @api.model
    def _send_acceptance(self, channel, data, attempt):
        return self._tell(channel, "order.confirmed", data, attempt, {})

    @api.model
    def _send_shipment(self, channel, data, attempt):
        told = {
            "shipment": data.parcel,
            "shipped_at": data.shipped_at.isoformat(),
            "node": data.node_ref,
            "complete": data.complete,
            "lines": _lines(data.lines),
            "tracking": _tracking(data.tracking),
        }
        return self._tell(
            channel, "order.shipped", data, attempt, told, ref=data.parcel
        )

    @api.model
    def _send_tracking(self, channel, data, attempt):
        told = {
            "shipment": data.shipment_ref,
            "tracking": _tracking(data.tracking),
            "replaces": data.replaces,
        }
        return self._tell(channel, "order.tracking", data, attempt, told)

    @api.model
    def _send_cancel(self, channel, data, attempt):
        told = {"reason": data.reason, "lines": _lines(data.lines)}
        return self._tell(channel, "order.cancelled", data, attempt, told)

    @api.model
    def _send_refund(self, channel, data, attempt):
        told = {
            "amount": str(data.amount),
            "currency": data.currency,
            "lines": [
                {"id": line.line_ref, "quantity": line.quantity} for line in data.lines
            ],
        }
        return self._tell(channel, "order.refunded", data, attempt, told)

    @api.model
    def _find_message(self, channel, kind, data, attempt):
        """Stored, or not: there is nothing between."""
        with own_transaction(self.env) as env:
            found = env["channel.api.event"].search(
                [("channel_id", "=", channel.id), ("key", "=", attempt.key)], limit=1
            )
            if not found:
                return None
            ref = found.data.get("shipment") or str(found.id)
            return schemas.MessageResult(status="done", ref=ref)

    def _tell(self, channel, kind, data, attempt, told, ref=""):
        with own_transaction(self.env) as env:
            event_id = env["channel.api.event"]._append(
                env["channel.channel"].browse(channel.id),
                kind,
                attempt.key,
                {"order": data.order_ref, **told},
                order_ref=data.order_ref,
            )
        return schemas.MessageResult(status="done", ref=ref or str(event_id))


_NONE = schemas.ListingData(external_id="", stock_ref="")


def _lines(lines):
    return [{"id": line.line_ref, "quantity": line.quantity} for line in lines]


def _tracking(tracking):
    return dataclasses.asdict(tracking) if tracking else None
