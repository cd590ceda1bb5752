"""Who sits in the office: orders, credit notes, payments, matches and products."""

import time

from demo.processes import DemoError
from demo.rpc import Refused

from .company import insist
from .warehouse import Person
from .world import RENAMED

OWN_SHOPS = {"shopify", "woocommerce"}

# Acts that register payments: how many.
PAYMENTS = {"pay_first": 1, "pay_twice": 2}
SECONDS_WRONG = 4.0
"""So long a mapping is off, or a product archived, until somebody notices."""
SECONDS_CLOSED = 3.0
"""So long before and after nothing is sold of what is made something else: clocks and
whole seconds would leave open what was sold meanwhile."""
PACKS = (2, 3, 4, 6)


class Office(Person):
    RATES = {
        "edit_sale": 0.01,
        "cancel_sale": 0.01,
        "cancel_shipped_sale": 0.01,
        "credit": 0.02,
        "pay_first": 0.02,
        "pay_twice": 0.01,
        "unmap": 0.01,
        "archive": 0.01,
        "change_pack": 0.01,
        "change_mapping": 0.01,
        "merge_contacts": 0.01,
    }

    def edit_sale(self, dice):
        """One unit less in a line of a confirmed order that has two or more."""
        rows = self.odoo.find(
            "sale.order.line",
            ["order_id.channel_order_id", "!=", False],
            ["state", "=", "sale"],
            ["channel_order_line_id", "!=", False],
            ["product_uom_qty", ">", 1],
            ["qty_delivered", "=", 0],
            fields=["order_id", "product_id", "product_uom_qty"],
            limit=20,
        )
        if not rows:
            return None
        row = dice.choice(rows)
        sku = self._name_product(row["product_id"][0])
        values = {"product_uom_qty": row["product_uom_qty"] - 1}
        self.odoo.call("sale.order.line", "write", [row["id"]], values)
        parts = self.run.world.listings[sku].parts
        return {"order": self._ref(row["order_id"][0]), "units": parts}

    def cancel_sale(self, dice):
        return self._cancel(dice, "pending")

    def cancel_shipped_sale(self, dice):
        """Odoo lets one cancel what has left the house."""
        return self._cancel(dice, "full")

    def _cancel(self, dice, status):
        found = self.odoo.find(
            "sale.order",
            ["channel_order_id", "!=", False],
            ["state", "=", "sale"],
            ["delivery_status", "=", status],
            limit=20,
            order="id desc",
        )
        if not found:
            return None
        sale = dice.choice(found)
        self.odoo.call("sale.order", "action_cancel", [sale["id"]])
        return {"order": self._ref(sale["id"])}

    def credit(self, dice):
        """A credit note by hand, of a whole invoice."""
        move = self._invoice(dice, ["reversal_move_ids", "=", False])
        if not move:
            return None
        context = {"active_model": "account.move", "active_ids": [move["id"]]}
        wizard_id = self.odoo.call(
            "account.move.reversal",
            "create",
            [{"reason": "As agreed", "journal_id": move["journal_id"][0]}],
            context=context,
        )[0]
        self.odoo.call(
            "account.move.reversal", "reverse_moves", [wizard_id], context=context
        )
        [note] = self.odoo.find(
            "account.move", ["reversed_entry_id", "=", move["id"]], fields=["state"]
        )
        if note["state"] == "draft":
            self.odoo.call("account.move", "action_post", [note["id"]])
        return {"order": self._ref_of(move)}

    def pay_first(self, dice):
        """A payment that somebody sees at the bank, before the channel tells of it."""
        return self._pay(dice, PAYMENTS["pay_first"])

    def pay_twice(self, dice):
        """Two people have opened the same invoice, and both press the button."""
        return self._pay(dice, PAYMENTS["pay_twice"])

    def _pay(self, dice, times):
        move = self._invoice(
            dice, ["payment_state", "=", "not_paid"], ["amount_total", ">", 0]
        )
        if not move:
            return None
        model = "account.payment.register"
        context = {"active_model": "account.move", "active_ids": [move["id"]]}
        wizard_ids = [
            self.odoo.call(model, "create", [{}], context=context)[0]
            for _time in range(times)
        ]
        order = self._ref_of(move)
        for number, wizard_id in enumerate(wizard_ids):
            try:
                self.odoo.call(
                    model, "action_create_payments", [wizard_id], context=context
                )
            except Refused:
                if not number:
                    return None
            except DemoError:
                # nobody knows whether it was done: it may have been
                break
        return {"order": order}

    def _invoice(self, dice, *domain):
        found = self.odoo.find(
            "account.move",
            ["move_type", "=", "out_invoice"],
            ["state", "=", "posted"],
            ["line_ids.sale_line_ids.order_id.channel_order_id", "!=", False],
            *domain,
            fields=["journal_id", "invoice_origin"],
            limit=20,
            order="id desc",
        )
        return dice.choice(found) if found else None

    def _ref_of(self, move):
        sale_id = self.odoo.find_id("sale.order", ["name", "=", move["invoice_origin"]])
        return self._ref(sale_id)

    def merge_contacts(self, dice):
        """Two customers were one person all along."""
        sales = self.odoo.find(
            "sale.order",
            ["channel_order_id", "!=", False],
            ["partner_id.parent_id", "=", False],
            fields=["partner_id"],
            limit=20,
            order="id desc",
        )
        ids = sorted({sale["partner_id"][0] for sale in sales})
        if len(ids) < 2:
            return None
        kept, gone = dice.sample(ids, 2)
        wizard_id = self.odoo.create(
            "base.partner.merge.automatic.wizard",
            partner_ids=[(6, 0, [kept, gone])],
            dst_partner_id=kept,
        )
        self.odoo.call(
            "base.partner.merge.automatic.wizard", "action_merge", [wizard_id]
        )
        return {"contacts": [kept, gone]}

    # --- mistakes that are noticed

    def unmap(self, dice):
        """Somebody takes a match back, and accepts it again."""
        found = self.odoo.find(
            "channel.listing",
            ["state", "=", "mapped"],
            ["sku", "in", sorted(self.run.world.listings)],
            fields=["product_id", "sku"],
        )
        if not found:
            return None
        row = dice.choice(found)
        self.odoo.call("channel.listing", "action_reopen", [row["id"]])
        time.sleep(SECONDS_WRONG)
        self.odoo.call("channel.listing", "action_accept", [row["id"]])
        return {"sku": row["sku"]}

    # --- what a listing is from now on

    def change_pack(self, dice):
        """The factory packs otherwise: of what was sold before nothing changes."""
        world = self.run.world
        packs = [
            sku
            for sku, each in sorted(world.listings.items())
            if each.kind == "pack" and not set(self.run.parts(sku)) & set(world.scarce)
        ]
        if not packs:
            return None
        sku = dice.choice(packs)
        [(product, units)] = self.run.parts(sku).items()
        units = dice.choice([each for each in PACKS if each != units])
        return self._make_other(sku, {product: units}, {"pack_qty": units})

    def change_mapping(self, dice):
        """What a listing is sold as comes from another supplier, as another product."""
        world = self.run.world
        free = [
            sku
            for sku, each in sorted(world.products.items())
            if not each.scarce and not each.lots
        ]
        plain = [sku for sku in free if sku not in self.run.people.changes]
        if len(plain) < 2:
            return None
        sku = dice.choice(plain)
        other = dice.choice([each for each in free if each != sku])
        product_id = self.company.products[other]
        return self._make_other(sku, {other: 1}, {"product_id": product_id})

    def _make_other(self, sku, parts, values):
        if {each.shop.type for each in self.run.shops.values()} - OWN_SHOPS:
            # other doors count by what they were told when they opened
            return None
        people = self.run.people
        people.closed.add(sku)
        try:
            time.sleep(SECONDS_CLOSED)
            rows = self.odoo.find(
                "channel.listing",
                ["sku", "in", [sku, sku + RENAMED]],
                ["state", "=", "mapped"],
            )
            ids = [row["id"] for row in rows]
            if len(ids) != len(self.run.shops):
                return None
            moment = time.time()
            insist(lambda: self.odoo.call("channel.listing", "write", ids, values))
            people.changes.setdefault(sku, []).append((moment, parts))
            time.sleep(SECONDS_CLOSED)
        finally:
            people.closed.discard(sku)
        return {"sku": sku, "what": parts}

    def archive(self, dice):
        """Somebody archives a product that is still sold, and takes that back."""
        world = self.run.world
        plenty = [sku for sku, each in world.products.items() if not each.scarce]
        sku = dice.choice(sorted(plenty))
        product_id = self.company.products[sku]
        self.odoo.call("product.product", "action_archive", [product_id])
        time.sleep(SECONDS_WRONG)
        self.odoo.call("product.product", "action_unarchive", [product_id])
        return {"sku": sku}
