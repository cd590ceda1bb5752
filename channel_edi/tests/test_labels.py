# SPDX-License-Identifier: AGPL-3.0-or-later
import re

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .. import barcode
from ..lib import gs1
from .test_edi_answers import AnswerCase

PATTERNS = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 "
    "231212 112232 122132 122231 113222 123122 123221 223211 221132 221231 213212 "
    "223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 "
    "111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 "
    "132131 113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 "
    "311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 "
    "121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 "
    "413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 "
    "421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 411311 "
    "113141 114131 311141 411131 211412 211214 211232"
).split()
"""Code 128, by the standard: widths of bars and spaces of the symbols 0 to 105."""
START_B, START_C, FNC1, CODE_B, CODE_C = 104, 105, 102, 100, 99


def decode(svg):
    """What a scanner reads: the text with FNC1 as ``]``, after its checksum."""
    rects = re.findall(r'<rect x="(\d+)" y="0" width="(\d+)"', svg)
    edges = [(int(x), int(x) + int(width)) for x, width in rects]
    widths = []
    for index, (begin, end) in enumerate(edges):
        if index:
            widths.append(begin - edges[index - 1][1])
        widths.append(end - begin)
    assert edges[0][0] >= 10, "no quiet zone"
    text = "".join(map(str, widths))
    assert text[-7:] == "2331112", "no stop"
    symbols = [PATTERNS.index(text[n : n + 6]) for n in range(0, len(text) - 7, 6)]
    *body, check = symbols
    total = body[0] + sum(n * each for n, each in enumerate(body))
    assert total % 103 == check, "wrong checksum"
    assert body[1] == FNC1, "no GS1-128"
    found, mode = "]", {START_B: CODE_B, START_C: CODE_C}[body[0]]
    for each in body[2:]:
        if each == CODE_B and mode == CODE_C:
            mode = CODE_B
        elif each == CODE_C and mode == CODE_B:
            mode = CODE_C
        elif mode == CODE_C:
            found += f"{each:02}"
        else:
            found += chr(each + 32)
    return found


@tagged("post_install", "-at_install")
class TestLabels(AnswerCase):
    """The label of a carton and the ship notice call it by one number."""

    def pack(self, order, *quantities):
        """Put the goods of a delivery into cartons."""
        picking = order.sale_order_id.picking_ids
        line = picking.move_line_ids
        line.quantity = quantities[0]
        packages = self.env["stock.package"].create(
            [{"name": f"BOX-{n}"} for n, _quantity in enumerate(quantities)]
        )
        line.result_package_id = packages[0]
        for package, quantity in zip(packages[1:], quantities[1:], strict=True):
            line.copy(
                {
                    "quantity": quantity,
                    "result_package_id": package.id,
                    "picking_id": picking.id,
                    "move_id": line.move_id.id,
                }
            )
        picking.move_ids.picked = True
        self.env.flush_all()
        return picking, packages

    def labels(self, picking):
        return self.env["channel.edi.labels"]._prepare(picking)

    def told(self):
        [notice] = self.tell()["856"]
        return [pack.sscc for each in notice.orders for pack in each.packs]

    def test_bars_are_a_gs1_128_of_the_sscc(self):
        order = self.order((4, "EA", "5.00", "SKU-1"))
        [label] = self.labels(order.sale_order_id.picking_ids)
        self.assertTrue(gs1.is_whole(label["sscc"]))
        self.assertEqual(decode(label["bars"]), f"]00{label['sscc']}")
        # pairs of digits only: as narrow as it can be
        self.assertEqual(len(barcode.widths(barcode.gs1_128(("00", "1" * 18)))), 85)
        self.assertEqual(label["shown_sscc"].replace(" ", ""), f"(00){label['sscc']}")

    def test_letters_in_a_postal_code(self):
        for code in ("72712", "SW1A1AA", "123", "K1A0B1"):
            svg = barcode.svg(barcode.gs1_128(("420", code)))
            self.assertEqual(decode(svg), f"]420{code}")

    def test_label_and_ship_notice_have_one_number(self):
        order = self.order((4, "EA", "5.00", "SKU-1"))
        picking, _packages = self.pack(order, 3, 1)
        first, second = self.labels(picking)
        self.assertEqual((first["number"], first["count"]), (1, 2))
        self.assertNotEqual(first["sscc"], second["sscc"])
        # printed again: the same
        again = [each["sscc"] for each in self.labels(picking)]
        self.assertEqual(again, [first["sscc"], second["sscc"]])
        self.tell()
        picking.button_validate()
        self.assertEqual(self.told(), again)

    def test_packages_of_one_name_have_two_numbers(self):
        order = self.order((4, "EA", "5.00", "SKU-1"))
        picking, packages = self.pack(order, 3, 1)
        packages.name = "BOX"
        printed = [each["sscc"] for each in self.labels(picking)]
        self.tell()
        picking.button_validate()
        told = self.told()
        self.assertEqual((len(set(told)), sorted(told)), (2, sorted(printed)))

    def test_goods_in_no_package_are_one(self):
        order = self.order((4, "EA", "5.00", "SKU-1"))
        picking = order.sale_order_id.picking_ids
        [label] = self.labels(picking)
        self.tell()
        self.ship(order)
        self.assertEqual(self.told(), [label["sscc"]])

    def test_a_package_that_is_an_sscc_keeps_it(self):
        order = self.order((4, "EA", "5.00", "SKU-1"))
        picking, packages = self.pack(order, 4)
        packages.name = "106141412345678908"
        [label] = self.labels(picking)
        self.assertEqual(label["sscc"], "106141412345678908")

    def test_a_box_that_is_used_again_gets_another_number(self):
        order = self.order((4, "EA", "5.00", "SKU-1"))
        picking, packages = self.pack(order, 4)
        [label] = self.labels(picking)
        self.tell()
        picking.button_validate()
        self.assertEqual(self.told(), [label["sscc"]])
        numbers = self.env["channel.edi.sscc"]
        again = numbers._take(self.agreement, order, picking, [packages])
        self.assertNotEqual(again.sscc, label["sscc"])

    def test_what_is_on_it(self):
        ship_to = ["REF*DP*038", "N1*ST*BIGMART DC 07*92*DC07"]
        ship_to += ["N3*700 DEPOT ROAD", "N4*JOLIET*IL*60431*US"]
        ship_to += ["N1*Z7*STORE 101*92*0101", "N3*1 MALL", "N4*RENO*NV*89501*US"]
        order = self.order((4, "EA", "5.00", "SKU-1"), more=ship_to)
        self.assertEqual(order.state, "imported")
        self.agreement.carrier_code = "UPSN"
        picking = order.sale_order_id.picking_ids
        html = self.env["ir.actions.report"]._render_qweb_html(
            "channel_edi.channel_edi_label", picking.ids
        )[0]
        text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html.decode()))
        for words in ("4711", "DC07", "0101", "038", "60431", "UPSN", picking.name):
            self.assertIn(words, text)
        self.assertIn("CARTON 1 OF 1", text)
        self.assertIn("JOLIET", text.upper())
        [number] = self.env["channel.edi.sscc"].search([])
        self.assertIn(number.sscc, text.replace(" ", ""))

    def test_warehouse_staff_print_them(self):
        order = self.order((4, "EA", "5.00", "SKU-1"))
        user = new_test_user(self.env, "edi_packer", "stock.group_stock_user")
        picking = order.sale_order_id.picking_ids.with_user(user)
        self.assertTrue(picking.has_edi_labels)
        [label] = self.env["channel.edi.labels"].with_user(user)._prepare(picking)
        self.assertTrue(label["sscc"])
        self.assertEqual(picking.action_print_edi_labels()["type"], "ir.actions.report")

    def test_without_a_prefix_a_person_is_told(self):
        order = self.order((4, "EA", "5.00", "SKU-1"))
        self.agreement.sscc_prefix = False
        with self.assertRaisesRegex(UserError, "SSCC prefix"):
            self.labels(order.sale_order_id.picking_ids)
