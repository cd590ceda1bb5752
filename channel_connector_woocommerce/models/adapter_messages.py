import json

from odoo import api, models

from odoo.addons.channel_inventory_base import exceptions, schemas

from .. import errors
from ..const import API
from ..lib import marks, messages


class ChannelAdapterWoocommerce(models.AbstractModel):
    """Telling the shop what became of an order: shipped, cancelled, paid back.

    WooCommerce knows no idempotency keys. Each method looks first whether its mark is
    there already, so it may be called again; what is still under way while we ask is
    waited for by ``settle_seconds``.
    """

    _inherit = "channel.adapter.woocommerce"

    # ------------------------------------------------------------ shipment
    @api.model
    def _send_shipment(self, channel, data, key):
        """A note to the customer with the tracking, a mark, and with the last parcel
        the status ``completed``: WooCommerce itself knows no parcels."""
        with self._connected(channel) as client:
            raw = self._order_there(client, data.order_ref)
            if not marks.is_marked(raw, "shipment", key):
                self._refuse_ended(raw)
                self._tell_tracking(client, data.order_ref, data.tracking)
                mark = marks.mark("shipment", key, marks.parcel(data))
                values = {"meta_data": [mark]}
                if data.complete:
                    values["status"] = "completed"
                raw = client.change("PUT", f"{API}/orders/{data.order_ref}", values)
        return self._done(f"{data.order_ref}/{data.parcel}", raw)

    @api.model
    def _send_tracking(self, channel, data, key):
        with self._connected(channel) as client:
            raw = self._order_there(client, data.order_ref)
            if not marks.is_marked(raw, "tracking", key):
                self._tell_tracking(client, data.order_ref, data.tracking)
                mark = marks.mark("tracking", key, {"number": data.tracking.number})
                values = {"meta_data": [mark]}
                raw = client.change("PUT", f"{API}/orders/{data.order_ref}", values)
        return self._done(data.shipment_ref, raw)

    def _tell_tracking(self, client, ref, tracking):
        """As a note to the customer, whom WooCommerce sends it by e-mail: once."""
        if not tracking:
            return
        route = f"{API}/orders/{ref}/notes"
        if messages.is_told(client.get(route), tracking.number):
            return
        words = self.env._(
            "Your order is on its way. %(carrier)s tracking number: %(number)s %(url)s",
            carrier=tracking.carrier,
            number=tracking.number,
            url=tracking.url,
        )
        note = {"note": " ".join(words.split()), "customer_note": True}
        client.change("POST", route, note)

    # -------------------------------------------------------------- cancel
    @api.model
    def _send_cancel(self, channel, data, key):
        """Cancelled first: that gives the stock back, and a refund by status does not.
        Then the money, where the gateway can."""
        route = f"{API}/orders/{data.order_ref}"
        with self._connected(channel) as client:
            raw = self._order_there(client, data.order_ref)
            if raw["status"] == "completed":
                raise exceptions.RejectedError(
                    self.env._("The shop has #%s as shipped.", raw["number"]),
                    code="COMPLETED",
                )
            if raw["status"] not in messages.ENDED:
                raw = client.change("PUT", route, {"status": "cancelled"})
            words = ""
            if data.refund and raw.get("date_paid_gmt"):
                words = self._refund_rest(channel, client, raw, data, key)
        return self._done(data.order_ref, raw, words)

    def _refund_rest(self, channel, client, raw, data, key):
        """:return: words for a person where the money could not be given back"""
        amount = messages.left_to_refund(raw)
        if amount <= 0:
            return ""
        body = {
            "amount": str(amount),
            "reason": data.note,
            "api_refund": channel.woocommerce_refund_by != "record",
            # it came back with the status
            "api_restock": False,
            "meta_data": [{"key": messages.REFUND_MARK, "value": key}],
        }
        try:
            client.change("POST", f"{API}/orders/{data.order_ref}/refunds", body)
        except errors.Refused as error:
            return self.env._(
                "Cancelled; the money was not paid back (%s). Do it by hand.", error
            )
        return ""

    # -------------------------------------------------------------- refund
    @api.model
    def _send_refund(self, channel, data, key):
        route = f"{API}/orders/{data.order_ref}/refunds"
        with self._connected(channel) as client:
            raw = self._order_there(client, data.order_ref)
            refunds, _count, _pages = client.page(route)
            known = messages.find_refund(refunds, key)
            if known:
                return self._done(known, raw)
            if unknown := messages.unknown_lines(raw, data):
                raise exceptions.RejectedError(
                    self.env._(
                        "The order has no line %s in the shop.", ", ".join(unknown)
                    ),
                    code="LINE",
                )
            by_gateway = channel.woocommerce_refund_by != "record"
            body = messages.refund_body(raw, data, key, by_gateway)
            try:
                made = client.change("POST", route, body)
            except errors.Refused as error:
                raise exceptions.RejectedError(
                    self._words_for_refund(channel, error), code=error.code
                ) from error
        return self._done(str(made["id"]), made)

    def _words_for_refund(self, channel, error):
        choices = channel._fields["woocommerce_refund_by"]
        recorded = dict(choices._description_selection(self.env))["record"]
        return self.env._(
            "The shop cannot refund this: %(error)s If its payment gateway cannot pay "
            "back, set Refunds to “%(recorded)s” on the channel, and pay by hand.",
            error=error,
            recorded=recorded,
        )

    # ---------------------------------------------------------------- find
    @api.model
    def _find_message(self, channel, kind, data, key, known):
        with self._connected(channel) as client:
            raw = self._order_there(client, data.order_ref)
            if kind == "refund":
                route = f"{API}/orders/{data.order_ref}/refunds"
                ref = messages.find_refund(client.page(route)[0], key)
                return self._done(ref, raw) if ref else None
            if kind == "cancel":
                return self._find_cancel(raw, data)
            if not marks.is_marked(raw, kind, key):
                return None
            if kind == "shipment":
                return self._done(f"{data.order_ref}/{data.parcel}", raw)
            return self._done(data.shipment_ref, raw)

    def _find_cancel(self, raw, data):
        """Also its money: what is half done is done again, which only does the rest."""
        if raw["status"] not in messages.ENDED:
            return None
        owing = data.refund and raw.get("date_paid_gmt")
        if owing and messages.left_to_refund(raw) > 0:
            return None
        return self._done(data.order_ref, raw)

    # -------------------------------------------------------------- shared
    def _order_there(self, client, ref):
        try:
            raw = client.get(f"{API}/orders/{ref}")
        except errors.NotFound as error:
            raise exceptions.RejectedError(
                self.env._("The shop no longer has the order."), code="GONE"
            ) from error
        if raw.get("status") == "trash":
            raise exceptions.RejectedError(
                self.env._("The order is in the shop's trash."), code="TRASH"
            )
        return raw

    def _refuse_ended(self, raw):
        if raw["status"] in messages.ENDED:
            raise exceptions.RejectedError(
                self.env._(
                    "The shop has #%(number)s as %(status)s.",
                    number=raw["number"],
                    status=raw["status"],
                ),
                code=raw["status"].upper(),
            )

    def _done(self, ref, raw, words=""):
        answer = json.dumps(raw, separators=(",", ":"))
        return schemas.MessageResult("done", ref=ref, message=words, answer=answer)
