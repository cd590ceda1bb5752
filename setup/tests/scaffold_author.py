"""What the author of a made connector writes, for a channel with a simple API: each
placeholder's body, and the answers of the fake shop."""

import ast
import textwrap

LIB = "odoo.addons.channel_inventory_base.lib"

CAPABILITIES = {
    "compare_and_set=False": "compare_and_set=True",
    "idempotent=False": "idempotent=True",
    "read_levels=False": "read_levels=True",
    "nodes=False": "nodes=True",
    "orders=False": "orders=True",
    "find_missing=0": "find_missing=50",
    "webhooks=False": "webhooks=True",
    "messages=()": (
        'messages=("shipment", "tracking", "cancel", "refund"),\n'
        '            repeatable=("shipment", "tracking", "cancel", "refund"),\n'
        "            cancel_lines=True"
    ),
}

IMPORTS = {
    "mapper.py": f"from {LIB}.reader import JsonValue\n",
    "lib/orders.py": f"from {LIB} import events\n",
    "lib/webhook.py": (
        f"from {LIB} import events, reader, signature\n"
        f"from {LIB}.errors import Forged\n"
        f"from {LIB}.webhooks import Subscription\n"
    ),
    "tests/shop.py": "import datetime\nimport json\n",
    "tests/test_contract.py": (
        f"import json\nfrom {LIB}.signature import sign\nfrom .shop import TOKEN\n"
    ),
}

BODIES = {
    # ---------------------------------------------------------------- requests
    "client.py": {
        "account": 'return self.get("/account")',
        "nodes": 'return self.get("/places")',
        "listing_pages": """
            page = 1
            while page:
                found = self.get("/items", page=page)
                yield found["items"]
                page = found["next"]
            """,
        "levels": """
            wanted = ",".join(f"{ref.stock_ref}:{ref.node_ref}" for ref in refs)
            return self.get("/levels", refs=wanted)
            """,
        "write_levels": 'return self.change("PUT", "/levels", entries, Key=key)',
    },
    # ----------------------------------------------------------------- mapping
    "mapper.py": {
        "account": """
            place = JsonValue(raw, "account")
            return place.texts(
                account_name="name", account_ref="id", currency="currency"
            )
            """,
        "node": 'return {"external_id": raw["id"], "name": raw["name"]}',
        "listing": """
            place = JsonValue(raw, "item")
            ref = place["id"].text()
            return {"external_id": ref, "stock_ref": ref, "sku": place["sku"].text()}
            """,
        "level": "return raw",
        "results": """
            return [
                {"line_id": entry["line_id"], "status": status}
                for entry, status in zip(entries, answer, strict=True)
            ]
            """,
        "order": """
            place = JsonValue(raw)
            line = place["line"]
            values = {
                "external_id": place["id"].text(),
                "name": place["id"].text(),
                "version": place["changed_at"].text(),
                "state": place["state"].text(),
                "payment": "paid",
                "currency": place["currency"].text(),
                "total": str(place["total"].number()),
            }
            taken = {
                "node_ref": line["place"].text(),
                "quantity": line["quantity"].whole(),
            }
            values["lines"] = [
                {
                    "external_id": "1",
                    "listing_ref": line["item"].text(),
                    "quantity": line["quantity"].whole(),
                    "open_quantity": line["open"].whole(),
                    "shipped_quantity": line["shipped"].whole(),
                    "unit_price": str(line["price"].number()),
                    "deductions": [taken],
                }
            ]
            return values
            """,
    },
    "lib/orders.py": {
        "list": """
            found = self._client.get(
                "/orders", since=since.isoformat(), page=cursor or "1"
            )
            heads = [
                {"ref": each["id"], "version": each["changed_at"]}
                for each in found["orders"]
            ]
            return {"heads": heads, "cursor": found["next"]}
            """,
        "fetch_many": """
            found = self._client.get("/orders", ids=",".join(refs))["orders"]
            return [
                events.order_event(each, "order", each["id"], each["changed_at"])
                for each in found
            ]
            """,
        "missing": """
            found = {each["ref"] for each in self.fetch_many(refs)}
            return [ref for ref in refs if ref not in found]
            """,
    },
    "lib/webhook.py": {
        "verify": """
            if not signature.fits(headers.get("Signature"), [secret], body):
                raise Forged("the signature does not fit")
            raw = reader.parse(body)
            return events.order_event(
                raw, "order", raw["id"], raw["changed_at"], body=body.decode()
            )
            """,
        "subscriptions": """
            return [
                Subscription(each["topic"], each["address"], raw=each["id"])
                for each in client.get("/hooks")
            ]
            """,
        "subscribe": """
            client.change("POST", "/hooks", {"topic": topic, "address": address})
            """,
        "unsubscribe": 'client.change("DELETE", f"/hooks/{old.raw}")',
    },
    "lib/messages.py": {
        "shipment": """
            tracking = data.tracking.number if data.tracking else ""
            units = sum(line.quantity for line in data.lines)
            return self._tell(data, "ship", units=units, tracking=tracking)
            """,
        "tracking": 'return self._tell(data, "track", tracking=data.tracking.number)',
        "cancel": """
            units = sum(line.quantity for line in data.lines)
            return self._tell(data, "cancel", units=units)

        def _tell(self, data, act, **words):
            path, key = f"/orders/{data.order_ref}/{act}", self._attempt.key
            answer = self._client.change("POST", path, words, Key=key)
            return {"ref": answer["ref"], "answer": answer}
            """,
        "refund": 'return self._tell(data, "refund", amount=str(data.amount))',
        "find": "return None",
    },
    # -------------------------------------------------------------------- shop
    "tests/shop.py": {
        "answer": """
            _root, what, *more = request.path.split("/")
            if request.method == "GET":
                return 200, getattr(self, f"_get_{what}")(request.args)
            body = json.loads(request.get_data() or "null")
            key = (request.path, request.headers.get("Key"))
            if what == "hooks":
                return 200, self._change_hooks(body, *more)
            if key not in self.done:
                self.done[key] = getattr(self, f"_change_{what}")(body, *more)
            return self.done[key]

        done = {}
        hooks = {}

        def _get_account(self, args):
            return {"name": "Fake", "id": "1", "currency": "USD"}

        def _get_places(self, args):
            return [{"id": NODE, "name": "Here"}]

        def _get_items(self, args):
            refs, page = sorted(ref for ref, _node in self.levels), int(args["page"])
            items = [{"id": ref, "sku": f"SKU-{ref}"} for ref in refs]
            part = items[page - 1 : page]
            return {"items": part, "next": page + 1 if page < len(items) else 0}

        def _get_levels(self, args):
            pairs = [tuple(each.split(":")) for each in args["refs"].split(",")]
            return [
                {"stock_ref": pair[0], "node_ref": pair[1], "available": level}
                for pair, level in self.levels.items()
                if pair in pairs
            ]

        def _get_hooks(self, args):
            return list(self.hooks.values())

        def _get_orders(self, args):
            if "ids" in args:
                ids = [ref for ref in args["ids"].split(",") if ref in self.orders]
                return {"orders": [self.shown(ref) for ref in ids]}
            since = datetime.datetime.fromisoformat(args["since"])
            found = [
                self.shown(ref)
                for ref, order in self.orders.items()
                if order["changed_at"] >= since
            ]
            start = 2 * int(args["page"]) - 2
            more = str(int(args["page"]) + 1) if len(found) > start + 2 else ""
            return {"orders": found[start : start + 2], "next": more}

        def shown(self, ref):
            order = self.orders[ref]
            shipped = sum(units for units, _number in order["parcels"])
            line = {
                "item": order["stock_ref"],
                "place": order["node_ref"],
                "quantity": order["quantity"],
                "shipped": shipped,
                "open": order["quantity"] - shipped,
                "price": str(order["price"]),
            }
            return {
                "id": ref,
                "changed_at": order["changed_at"].isoformat(),
                "state": order["state"],
                "currency": "USD",
                "total": str(order["price"] * order["quantity"]),
                "line": line,
            }

        def _change_hooks(self, body, ref=None):
            if ref:
                return self.hooks.pop(ref)
            ref = str(len(self.hooks) + 1)
            self.hooks[ref] = {"id": ref, **body}
            return self.hooks[ref]

        def _change_levels(self, entries):
            statuses = []
            for each in entries:
                place = each["stock_ref"], each["node_ref"]
                if place not in self.levels:
                    statuses.append("rejected")
                elif self.levels[place] != each["base"]:
                    statuses.append("stale")
                else:
                    self.levels[place] = each["quantity"]
                    statuses.append("acked")
            return 200, statuses

        def _change_orders(self, body, ref, act):
            order = self.orders[ref]
            total = order["price"] * order["quantity"]
            if act == "ship" and order["state"] == "cancelled":
                return 422, {"error": "it is cancelled"}
            if act == "refund" and Decimal(body["amount"]) > total:
                return 422, {"error": "more than was paid"}
            order["changed_at"] = self.clock.tick()
            if act == "ship":
                order["parcels"].append((body["units"], body["tracking"]))
            elif act == "refund":
                order["paid_back"] += Decimal(body["amount"])
            elif body["units"]:
                order["quantity"] -= body["units"]
            else:
                order["state"] = "cancelled"
            return 200, {"ref": f"{ref}/{act}/{len(self.done)}"}
            """,
    },
    "tests/test_contract.py": {
        "shop_webhook": """
            body = json.dumps(self.shop.shown(order_ref)).encode()
            return {"Signature": sign(TOKEN, body)}, body
            """,
    },
}


def write(addon):
    """Finish the connector in the folder ``addon``."""
    for path in addon.glob("models/channel_adapter_*.py"):
        text = path.read_text()
        for off, on in CAPABILITIES.items():
            assert text.count(off) == 1, off
            text = text.replace(off, on)
        path.write_text(text)
    for name, bodies in BODIES.items():
        text = (addon / name).read_text()
        for function, body in bodies.items():
            text = _with_body(text, function, body)
        (addon / name).write_text(_with_imports(text, IMPORTS.get(name, "")))


def _with_body(text, name, body):
    """``text`` with something instead of the placeholder in the function ``name``."""
    [function] = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    old = function.body[-1]
    assert isinstance(old, ast.Raise), name
    lines, body = text.splitlines(), textwrap.dedent(body).strip("\n")
    # more functions may follow in the same text
    indent = old.col_offset - 4 if "\ndef " in body else old.col_offset
    lines[old.lineno - 1 : old.end_lineno] = [textwrap.indent(body, " " * indent)]
    return "\n".join(lines) + "\n"


def _with_imports(text, imports):
    first = ast.parse(text).body[0]
    # behind the docstring
    at = first.end_lineno if isinstance(first, ast.Expr) else 0
    lines = text.splitlines(keepends=True)
    return "".join([*lines[:at], imports, *lines[at:]])
