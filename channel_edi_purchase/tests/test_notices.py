# SPDX-License-Identifier: AGPL-3.0-or-later
from .common_purchase import TODAY, PurchaseCase, accepted, answer, day8, days


def sscc(number):
    """18 digits with their check digit."""
    body = f"3401234500000{number:04d}"
    total = sum(int(d) * (1 if i % 2 else 3) for i, d in enumerate(reversed(body)))
    return f"{body}{-total % 10}"


def notice(number, order, *packs, arrives=1, purpose="00", items=()):
    """Segments of an 856. ``packs``: (SSCC, [(SKU, quantity, lot)]); ``items``: loose
    (SKU, quantity, unit)."""
    found = [
        "856",
        f"BSN*{purpose}*{number}*{day8(TODAY)}*0800*0001",
        "HL*1**S*1",
        "TD5**2*DHLX*M",
        "REF*CN*TRACK1",
        f"DTM*011*{day8(TODAY)}",
    ]
    if arrives is not None:
        found.append(f"DTM*017*{day8(arrives)}")
    found += ["HL*2*1*O*1", f"PRF*{order}"]
    level = 2
    for code, goods in packs:
        level += 1
        pack = level
        found += [f"HL*{pack}*2*P*1", f"MAN*GM*00{code}"]
        for sku, quantity, *lot in goods:
            level += 1
            found += [f"HL*{level}*{pack}*I*0", f"LIN**VN*{sku}"]
            if lot:
                found[-1] += f"*LT*{lot[0]}"
            found.append(f"SN1**{quantity}*EA")
    for sku, quantity, unit in items:
        level += 1
        found += [f"HL*{level}*2*I*0", f"LIN**VN*{sku}", f"SN1**{quantity}*{unit}"]
    return [*found, f"CTT*{level}"]


class TestNotices(PurchaseCase):
    """What a supplier says has left (856) is a receipt of its own: with the day, the
    carrier, the packages and the lots."""

    def leave(self, *arguments, **more):
        [document] = self.tell(notice(*arguments, **more), functional="SH")
        return document

    def receipt(self, number="S1"):
        return self.env["stock.picking"].search(
            [("edi_notice", "=", number)], order="id"
        )

    def test_all_has_left(self):
        order = self.ordered((self.product, 10, 2.5), (self.other, 2, 4))
        document = self.leave(
            "S1",
            order.name,
            (sscc(1), [("V-1", 6)]),
            (sscc(2), [("V-1", 4), ("V-2", 2)]),
        )
        self.assertDone(document)
        receipt = self.receipt()
        self.assertEqual(receipt, order.picking_ids)
        self.assertEqual(document.res_id, receipt.id)
        self.assertEqual(receipt.edi_tracking, "TRACK1")
        self.assertEqual(receipt.edi_carrier, "DHLX")
        self.assertEqual(
            sorted(
                (
                    line.result_package_id.name,
                    line.product_id.default_code,
                    line.quantity,
                )
                for line in receipt.move_line_ids
            ),
            [
                (sscc(1), "SKU-1", 6),
                (sscc(2), "SKU-1", 4),
                (sscc(2), "SKU-2", 2),
            ],
        )
        # it comes when the notice says
        self.assertEqual(self.inbound(), [(10, 1)])
        self.assertEqual(self.lines(order), [("SKU-1", 10, 1), ("SKU-2", 2, 1)])
        self.assertFalse(self.told("860"))
        self.assertFalse(self.exceptions("edi_purchase"))
        self.take_in(receipt)
        self.assertEqual(order.order_line.mapped("qty_received"), [10, 2])
        self.assertEqual(
            self.env["stock.package"]
            .search([("name", "=", sscc(2))])
            .quant_ids.mapped("quantity"),
            [4, 2],
        )

    def test_part_has_left_and_the_rest_stays_expected(self):
        order = self.ordered((self.product, 10, 2.5))
        self.tell(
            answer(
                order.name,
                ("1", 10, "EA", "2.5", "V-1", [accepted(6, 0), accepted(4, 9)]),
            )
        )
        self.leave("S1", order.name, (sscc(1), [("V-1", 6)]))
        self.assertEqual(self.inbound(), [(4, 9), (6, 1)])
        receipt, rest = self.receipt(), order.picking_ids - self.receipt()
        self.assertEqual(receipt.move_ids.mapped("product_qty"), [6])
        self.assertEqual(rest.move_ids.mapped("product_qty"), [4])
        self.assertFalse(self.exceptions("edi_purchase"))
        self.take_in(receipt)
        self.assertEqual(sum(order.order_line.mapped("qty_received")), 6)
        self.leave("S2", order.name, (sscc(2), [("V-1", 4)]), arrives=7)
        self.take_in(self.receipt("S2"))
        self.assertEqual(sum(order.order_line.mapped("qty_received")), 10)
        self.assertEqual(self.inbound(), [])

    def test_less_than_is_due_is_told_until_the_rest_is_under_way(self):
        order = self.ordered((self.product, 10, 2.5))
        self.leave("S1", order.name, (sscc(1), [("V-1", 7)]))
        self.assertEqual(self.inbound(), [(3, 0), (7, 1)])
        exception = self.exceptions("edi_purchase")
        self.assertIn("Missing: 3 × [SKU-1]", exception.message)
        self.leave("S2", order.name, (sscc(2), [("V-1", 3)]))
        self.assertEqual(exception.state, "resolved")
        self.assertEqual(self.inbound(), [(10, 1)])

    def test_short_shipment_ends_with_a_new_date_or_less_wanted(self):
        order = self.ordered((self.product, 10, 2.5))
        self.leave("S1", order.name, (sscc(1), [("V-1", 7)]))
        exception = self.exceptions("edi_purchase")
        order.order_line.product_qty = 7
        self.assertEqual(exception.state, "resolved")
        self.assertEqual(self.inbound(), [(7, 1)])
        self.assertEqual(len(self.told("860")), 1)

    def test_more_wanted_than_is_under_way_is_expected_besides(self):
        order = self.ordered((self.product, 10, 2.5))
        self.leave("S1", order.name, (sscc(1), [("V-1", 10)]))
        order.order_line.write({"product_qty": 15, "date_planned": days(9)})
        self.assertEqual(self.inbound(), [(5, 9), (10, 1)])
        order.order_line = [
            (
                0,
                0,
                {
                    "product_id": self.other.id,
                    "product_qty": 2,
                    "price_unit": 4,
                    "date_planned": days(9),
                },
            )
        ]
        self.assertEqual(self.receipt().move_ids.mapped("product_qty"), [10])
        self.assertEqual(self.inbound(self.other), [(2, 9)])

    def test_less_wanted_than_is_under_way_is_told(self):
        order = self.ordered((self.product, 10, 2.5))
        self.leave("S1", order.name, (sscc(1), [("V-1", 10)]))
        order.order_line.product_qty = 8
        self.assertIn("2 × [SKU-1] Product 1 are not wanted", self.differences())
        self.assertEqual(self.inbound(), [(10, 1)])

    def test_more_than_was_ordered_is_told_and_not_promised(self):
        order = self.ordered((self.product, 10, 2.5))
        self.leave("S1", order.name, (sscc(1), [("V-1", 12)]))
        self.assertIn("2 more than", self.differences())
        self.assertEqual(self.inbound(), [(10, 1)])
        self.assertEqual(self.receipt().move_line_ids.quantity, 12)
        self.take_in(self.receipt())
        self.assertEqual(order.order_line.qty_received, 12)

    def test_goods_that_were_not_ordered(self):
        order = self.ordered((self.product, 10, 2.5))
        self.leave("S1", order.name, (sscc(1), [("V-1", 10), ("V-2", 1)]))
        self.assertIn("not ordered by", self.differences())
        self.assertEqual(self.receipt().move_ids.product_id, self.product)

    def test_unknown_item_holds_the_notice_as_a_whole(self):
        order = self.ordered((self.product, 10, 2.5))
        document = self.leave("S1", order.name, (sscc(1), [("V-1", 10), ("NOBODY", 1)]))
        self.assertHeld(document, "NOBODY")
        self.assertFalse(self.receipt())

    def test_unknown_unit_holds_the_notice(self):
        order = self.ordered((self.product, 24, 2.5))
        document = self.leave("S1", order.name, items=[("V-1", 2, "CA")])
        self.assertHeld(document, "1 CA")
        self.agreement.code_ids = [
            (0, 0, {"kind": "unit", "code": "CA", "meaning": "12"})
        ]
        document.action_retry()
        self.work()
        self.assertDone(document)
        self.assertEqual(self.receipt().move_ids.product_qty, 24)

    def test_lots_and_serial_numbers(self):
        lot = self.make_product(self.env, 6, tracking="lot")
        self.add_seller(lot, "V-6", 1)
        self.warehouse.in_type_id.use_create_lots = True
        order = self.ordered((lot, 10, 1))
        self.leave("S1", order.name, (sscc(1), [("V-6", 4, "L1"), ("V-6", 6, "L2")]))
        receipt = self.receipt()
        self.assertEqual(
            sorted(receipt.move_line_ids.mapped(lambda e: (e.lot_name, e.quantity))),
            [("L1", 4), ("L2", 6)],
        )
        self.take_in(receipt)
        quants = self.env["stock.quant"].search(
            [("product_id", "=", lot.id), ("location_id.usage", "=", "internal")]
        )
        self.assertEqual(
            sorted(quants.mapped(lambda e: (e.lot_id.name, e.quantity))),
            [("L1", 4), ("L2", 6)],
        )

    def test_same_again_changes_nothing(self):
        order = self.ordered((self.product, 10, 2.5))
        self.leave("S1", order.name, (sscc(1), [("V-1", 6)]))
        again = self.leave("S1", order.name, (sscc(1), [("V-1", 6)]))
        self.assertEqual(again.state, "ignored")
        self.assertEqual(self.inbound(), [(4, 0), (6, 1)])

    def test_same_number_with_another_content_is_held(self):
        order = self.ordered((self.product, 10, 2.5))
        self.leave("S1", order.name, (sscc(1), [("V-1", 6)]))
        again = self.leave("S1", order.name, (sscc(1), [("V-1", 5)]))
        self.assertHeld(again, "another content")
        self.assertEqual(self.inbound(), [(4, 0), (6, 1)])

    def test_replaced_and_called_back(self):
        order = self.ordered((self.product, 10, 2.5))
        self.leave("S1", order.name, (sscc(1), [("V-1", 6)]))
        self.leave("S1", order.name, (sscc(2), [("V-1", 8)]), purpose="05")
        self.assertEqual(self.inbound(), [(2, 0), (8, 1)])
        self.assertEqual(self.receipt().move_line_ids.result_package_id.name, sscc(2))
        self.leave("S1", order.name, (sscc(2), [("V-1", 8)]), purpose="01")
        self.assertFalse(self.receipt())
        self.assertEqual(self.inbound(), [(10, 0)])
        self.assertFalse(order.picking_ids.move_line_ids.result_package_id)

    def test_replaced_after_it_was_received_is_held(self):
        order = self.ordered((self.product, 10, 2.5))
        self.leave("S1", order.name, (sscc(1), [("V-1", 10)]))
        self.take_in(self.receipt())
        late = self.leave("S1", order.name, (sscc(1), [("V-1", 9)]), purpose="05")
        self.assertHeld(late, "were received")

    def test_package_that_is_here_already(self):
        order = self.ordered((self.product, 10, 2.5))
        self.leave("S1", order.name, (sscc(1), [("V-1", 5)]))
        self.take_in(self.receipt())
        self.leave("S2", order.name, (sscc(1), [("V-1", 5)]))
        self.assertIn(f"package {sscc(1)} is here already", self.differences())
        self.assertFalse(self.receipt("S2").move_line_ids.result_package_id)

    def test_notice_before_the_answer(self):
        order = self.ordered((self.product, 10, 2.5))
        self.leave("S1", order.name, (sscc(1), [("V-1", 6)]))
        self.tell(
            answer(
                order.name,
                ("1", 10, "EA", "2.5", "V-1", [accepted(6, 0), accepted(4, 9)]),
            )
        )
        # what is under way comes when the notice says, whatever was promised
        self.assertEqual(self.inbound(), [(4, 9), (6, 1)])
        self.assertFalse(self.told("860"))

    def test_one_shipment_of_two_orders(self):
        one = self.ordered((self.product, 10, 2.5))
        two = self.ordered((self.other, 2, 4))
        document = self.tell(
            [
                "856",
                f"BSN*00*S1*{day8(TODAY)}*0800*0001",
                "HL*1**S*1",
                f"DTM*011*{day8(TODAY)}",
                f"DTM*017*{day8(1)}",
                "HL*2*1*O*1",
                f"PRF*{one.name}",
                "HL*3*2*I*0",
                "LIN**VN*V-1",
                "SN1**10*EA",
                "HL*4*1*O*1",
                f"PRF*{two.name}",
                "HL*5*4*I*0",
                "LIN**VN*V-2",
                "SN1**2*EA",
                "CTT*5",
            ],
            functional="SH",
        )
        self.assertDone(document)
        self.assertEqual(len(self.receipt()), 2)
        self.assertEqual(self.receipt().mapped("origin"), [one.name, two.name])

    def test_cancelled_although_it_is_under_way(self):
        order = self.ordered((self.product, 10, 2.5))
        self.leave("S1", order.name, (sscc(1), [("V-1", 10)]))
        order.button_cancel()
        self.assertIn("under way: shipment S1", self.differences())

    def test_under_way_although_it_was_cancelled(self):
        order = self.ordered((self.product, 10, 2.5))
        order.button_cancel()
        self.leave("S1", order.name, (sscc(1), [("V-1", 10)]))
        self.assertIn("was cancelled", self.differences())
        self.assertEqual(self.inbound(), [])

    def test_goods_that_came_before_their_notice(self):
        order = self.ordered((self.product, 10, 2.5))
        self.take_in(order.picking_ids)
        document = self.leave("S1", order.name, (sscc(1), [("V-1", 10)]))
        self.assertDone(document)
        self.assertIn("or they have come already", self.differences())
        self.assertEqual(order.order_line.qty_received, 10)

    def test_notice_of_no_order_of_ours_is_held(self):
        document = self.leave("S1", "P999", (sscc(1), [("V-1", 10)]))
        self.assertHeld(document, "P999")
