# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import dataclass, field

from odoo import api, models

from .. import mapper
from ..lib import routes, schema
from ..lib.document import DOCUMENT
from ..lib.problems import Problem
from .channel_api_key import AT_THE_DOOR

STOPPED_SECONDS = "60"
OPEN = ("getDocument", "getAccount")
"""Answered whatever the state of the channel."""
EXPLAINING = ("getAvailability", "queryAvailability")
READING = (*EXPLAINING, "listChanges")
"""Those asked most: they write nothing."""
# What is asked of the channel at each request, read at once and nothing else.
CHANNEL = ["active", "state", "connection_state", "home_database", "company_id"]
CHANNEL += ["api_hold_seconds"]


@dataclass(frozen=True)
class Call:
    """A request, read and checked; ``text`` is its body as it was sent."""

    operation: str
    scope: str | None
    names: dict
    query: dict
    body: dict | None = None
    text: str = ""
    key: str = ""

    @property
    def only_reads(self):
        why = self.query.get("why") or (self.body or {}).get("why")
        return self.operation in READING and not why and not self.key


@dataclass(frozen=True)
class Answer:
    """``status`` and data of an answer."""

    status: int
    data: dict
    headers: tuple = field(default_factory=tuple)


class ChannelApiDesk(models.AbstractModel):
    """Answers requests of the API, one method an operation of the document.

    Each ``_do_<operation>`` is one transaction, which the door commits: what fails in
    it was not done. An order takes two (``_store_order``, then ``_do_placeOrder``): it
    is stored before anything is made of it.
    """

    _name = "channel.api.desk"
    _description = "API: Operations"

    # --------------------------------------------------------------- read
    @api.model
    def _read_call(self, method, path, args, headers, text):
        """Check a request against the document. No database.

        :param args: list of (name, value) of the query
        :param text: the body, decoded
        :return: Call
        :raise Problem: it does not fit
        """
        found = routes.find(method, path)
        operation = found.operation
        parameters = {
            (each["in"], each["name"]): each["schema"]
            for each in operation.get("parameters", ())
        }
        faults = []
        for name, value in found.names.items():
            reference = DOCUMENT["components"]["schemas"]["Reference"]
            faults += schema.check(reference, value, DOCUMENT, f"/path/{name}")
        query = self._read_query(operation, args, faults)
        for (place, name), each in parameters.items():
            if place == "header" and name in headers:
                pointer = f"/header/{name}"
                faults += schema.check(each, headers[name], DOCUMENT, pointer)
        body = None
        if "requestBody" in operation:
            body = self._read_body(operation, headers, text, faults)
        if faults:
            raise Problem(
                "invalid",
                self.env._("The request does not fit the description."),
                errors=faults[: schema.MAX_FAULTS],
            )
        return Call(
            found.id,
            operation.get("x-scope"),
            found.names,
            query,
            body,
            text if body is not None else "",
            headers.get("Idempotency-Key", ""),
        )

    def _read_query(self, operation, args, faults):
        known = {
            each["name"]: each
            for each in operation.get("parameters", ())
            if each["in"] == "query"
        }
        given = {}
        for name, value in args:
            given.setdefault(name, []).append(value)
        for name in given.keys() - known.keys():
            faults.append(
                schema.Fault(f"/query/{name[:80]}", "unknown", "is not known here")
            )
        found = {}
        for name, each in known.items():
            if name not in given:
                if each["required"]:
                    faults.append(
                        schema.Fault(f"/query/{name}", "required", "is missing")
                    )
                continue
            value = self._read_parameter(each["schema"], given[name])
            faults += schema.check(each["schema"], value, DOCUMENT, f"/query/{name}")
            found[name] = value
        return found

    def _read_parameter(self, known, texts):
        if known.get("type") == "array":
            return texts
        text = texts[0] if len(texts) == 1 else texts
        if known.get("type") == "boolean":
            return {"true": True, "false": False}.get(text, text) if _is(text) else text
        if known.get("type") == "integer" and _is(text):
            is_number = text.isascii() and text.isdigit() and len(text) < 10
            return int(text) if is_number else text
        return text

    def _read_body(self, operation, headers, text, faults):
        kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Problem(
                "media_type", self.env._("Send the body as application/json.")
            )
        try:
            body = mapper.read_json(text)
        except ValueError as error:
            raise Problem(
                "malformed", self.env._("The body is no JSON: %s", str(error)[:200])
            ) from error
        content = operation["requestBody"]["content"]["application/json"]
        faults += schema.check(content["schema"], body, DOCUMENT)
        return body

    # ---------------------------------------------------------------- door
    @api.model
    def _admit(self, text, call):
        """:param call: None where the request does not fit the description
        :return: (key of the request, the Problem that it may not)
        :raise Problem: it is nobody's, or one too many: nothing is counted
        """
        key = self.env["channel.api.key"]._admit(text)
        key.channel_id.fetch(CHANNEL)
        try:
            if call:
                self._check_allowed(key, call)
        except Problem as problem:
            return key, problem
        return key, None

    def _check_allowed(self, key, call):
        key._require_scope(call.scope)
        asked = {**call.query, **(call.body or {})}
        if call.operation in EXPLAINING and asked.get("why"):
            key._require_scope("explain")
        if call.operation not in OPEN and not key.channel_id._may_talk():
            raise Problem(
                "channel_stopped",
                self.env._("This channel is not in operation."),
                headers=[("Retry-After", STOPPED_SECONDS)],
            )

    @api.model
    def _claim_key(self, channel, call):
        """:raise Problem: the idempotency key was sent with another request"""
        if not call.key:
            return
        digest = mapper.digest(call.operation, call.names, call.body)
        requests = self.env["channel.api.request"]
        if requests._claim(channel, "key", call.key, digest) == "other":
            raise Problem(
                "idempotency_key_reused",
                self.env._("This idempotency key belongs to another request."),
            )

    @api.model
    def _answer(self, key, call, stored=None):
        """:param stored: of an order: what ``_store_order`` gave"""
        key.fetch(AT_THE_DOOR)
        channel = key.channel_id
        channel.fetch(CHANNEL)
        # users' words are theirs; machines get those of the source
        own = self.with_context(lang=None)
        if stored is None:
            own._claim_key(channel, call)
            return getattr(own, f"_do_{call.operation}")(key, channel, call)
        return own._do_placeOrder(channel, call, stored)

    # ----------------------------------------------------------- operations
    def _do_getDocument(self, _key, _channel, _call):
        return Answer(200, DOCUMENT)

    def _do_getAccount(self, key, channel, _call):
        nodes = channel.node_ids.filtered("publish")
        expires_at = key.expires_at.isoformat() + "+00:00"
        return Answer(
            200,
            {
                "channel": channel.name,
                "currency": channel.currency_id.name or "",
                "environment": channel.environment,
                "live": channel._may_publish(),
                "nodes": [
                    {
                        "node": node.external_id,
                        "name": node.name,
                        "region": node.api_region or "",
                    }
                    for node in nodes
                ],
                "max_hold_seconds": channel.api_hold_seconds,
                "key": {
                    "prefix": key.prefix,
                    "scopes": key._get_scopes(),
                    "expires_at": expires_at,
                    "requests_per_second": key.rate,
                },
            },
        )

    def _do_getAvailability(self, _key, channel, call):
        query = dict(call.query)
        return self._tell_items(channel, query.pop("sku"), query)

    def _do_queryAvailability(self, _key, channel, call):
        query = dict(call.body)
        return self._tell_items(channel, query.pop("skus"), query)

    def _tell_items(self, channel, skus, query):
        items = self.env["channel.api.availability"]._get_items(
            channel, list(dict.fromkeys(skus)), **query
        )
        return Answer(200, {"live": channel._may_publish(), "items": items})

    def _do_listChanges(self, _key, channel, call):
        found = self.env["channel.api.availability"]._get_changes(
            channel, call.query.get("since"), call.query.get("limit", 500)
        )
        return Answer(200, {"live": channel._may_publish(), **found})

    def _do_listEvents(self, _key, channel, call):
        return Answer(
            200,
            self.env["channel.api.availability"]._get_events(
                channel, call.query.get("since"), call.query.get("limit", 500)
            ),
        )

    @api.model
    def _store_order(self, key, call):
        """:return: (id of the event, whether it is new)"""
        channel = key.channel_id
        own = self.with_context(lang=None)
        own._claim_key(channel, call)
        return own.env["channel.api.order"]._store(channel, call.body, call.text)

    def _do_placeOrder(self, channel, call, stored):
        event_id, is_new = stored
        if event_id:
            self.env["channel.api.order"]._capture(channel, event_id)
        told = self._tell_order(channel, call.body["reference"])
        if not is_new:
            return Answer(200, told, (("Idempotent-Replayed", "true"),))
        return Answer(202 if told["state"] == "received" else 201, told)

    def _do_getOrder(self, _key, channel, call):
        return Answer(200, self._tell_order(channel, call.names["reference"]))

    def _do_cancelOrder(self, _key, channel, call):
        ref = call.names["reference"]
        self.env["channel.api.order"]._cancel(channel, ref, call.body, call.text)
        return Answer(200, self._tell_order(channel, ref))

    def _do_payOrder(self, _key, channel, call):
        ref = call.names["reference"]
        self.env["channel.api.order"]._pay(channel, ref, call.body, call.text)
        return Answer(200, self._tell_order(channel, ref))

    def _tell_order(self, channel, ref):
        """:raise Problem: the channel has none of that name"""
        states = self.env["channel.api.order.state"]
        if order := self.env["channel.api.order"]._find(channel, ref):
            return states._show(order)
        if told := self.env["channel.api.request"]._find_order(channel, ref):
            event = self.env["channel.inbox.event"].browse(
                self.env["channel.api.order"]._find_event(channel, ref)
            )
            return states._show_stored(told, event.state == "dead")
        raise Problem("unknown_order", self.env._("There is no order %s.", ref))

    def _do_takeHold(self, _key, channel, call):
        hold, is_new = self.env["channel.api.reservation"]._take(channel, call.body)
        if is_new:
            return Answer(201, hold._as_told())
        return Answer(200, hold._as_told(), (("Idempotent-Replayed", "true"),))

    def _do_getHold(self, _key, channel, call):
        ref = call.names["reference"]
        hold = self.env["channel.api.reservation"]._find(channel, ref)
        if not hold:
            raise Problem("unknown_hold", self.env._("There is no hold %s.", ref))
        return Answer(200, hold._as_told())

    def _do_extendHold(self, _key, channel, call):
        reservation = self.env["channel.api.reservation"]
        ref, ttl = call.names["reference"], call.body["ttl"]
        return Answer(200, reservation._extend(channel, ref, ttl)._as_told())

    def _do_releaseHold(self, _key, channel, call):
        ref = call.names["reference"]
        hold = self.env["channel.api.reservation"]._release(channel, ref)
        return Answer(200, hold._as_told())


def _is(text):
    return isinstance(text, str)
