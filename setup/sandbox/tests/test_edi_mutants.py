"""Broken files: a partner refuses or charges them, whatever they are, and goes on."""

import os
import random

import pytest

from sandbox.edi import start

from .edi import START, App
from .test_edi_bigmart import SEED as BIGMART
from .test_edi_bigmart import SSCCS, answer, line, notice, stock_report
from .test_edi_dock9 import SEED as DOCK9
from .test_edi_dock9 import order as warehouse_order
from .test_edi_fabrik import GOODS, row
from .test_edi_fabrik import order as supplier_order
from .test_edi_invoices import invoice

COUNT = int(os.environ.get("CHANNEL_EDI_MUTATIONS", "300"))
VALUES = ["", "0", "-1", "1.5", "1,5", "99999999", "20261399", "A", "EA", "x" * 40]
VALUES += ["SKU", "*", ":", "é", "\x01", "00", "S", "P", "I", "1", "2"]
PIECES = [b"*", b"~", b">", b"'", b"+", b":", b"?", b"\n", b"ISA", b"UNB", b"9" * 30]
PIECES += [b"\x00", b"\xff", b"-1", b"1.5", b"20261399", b"", b"HL*1**S*1~", b"SE*1*1~"]


class Bent(App):
    """An app whose documents are bent before they are put into their envelopes."""

    dice = None

    def x12(self, kind, functional_id, *documents, **change):
        bent = [bend(each, self.dice, "*") for each in documents]
        return super().x12(kind, functional_id, *bent, **change)

    def edifact(self, kind, *documents, **change):
        bent = [bend(each, self.dice, "+") for each in documents]
        return super().edifact(kind, *bent, **change)


def bend(segments, dice, separator):
    """Segments left out, doubled, swapped, or with another value somewhere."""
    segments = list(segments)
    for _time in range(dice.choice((0, 0, 1, 1, 2, 4))):
        place, other = dice.randrange(len(segments)), dice.randrange(len(segments))
        what = dice.choice(("drop", "double", "swap", "value", "value", "value"))
        if what == "drop" and len(segments) > 1:
            del segments[place]
        elif what == "double":
            segments.insert(other, segments[place])
        elif what == "swap":
            segments[place], segments[other] = segments[other], segments[place]
        else:
            values = segments[place].split(separator)
            values[dice.randrange(len(values))] = dice.choice(VALUES)
            segments[place] = separator.join(values)
    return segments


def documents(sandbox, dice):
    """{app: [functions that make a file]}: right but for what bends them."""
    shop, house, maker = (Bent(each) for each in sandbox.partners.values())
    Bent.dice = dice
    stores = [{"sku": "A", "stores": {"0101": 2, "0102": 1}}]
    po = sandbox.bigmart.buy({"A": 3, "B": 5, "C": 1}).po
    split = sandbox.bigmart.buy(stores).po
    ids = iter(range(1, 10**6))
    ack = ["AK1*PO*1", "AK2*850*0001", "AK5*A", "AK9*A*1*1*1"]
    goods = {SSCCS[0]: {"A": 3, "C": 1}, SSCCS[1]: {"B": 5}}

    def order(status="N"):
        return warehouse_order(str(next(ids)), "W01*3*EA**VN*A", status=status)

    def buy(kind="220", function="9"):
        number = next(ids)
        return supplier_order(number, row(1, "A", 10, price="1,50"), row(2, "B", 5))

    def change():
        number = dice.randrange(1, 50)
        return supplier_order(number, row(1, "A", 3), kind="230", function="4")

    announcement = ["W06*N*T1*20261123", "LX*1", "W04*3*EA**VN*A", "W03*3"]
    contrl = ["UCI+00000001+5412345000013:14+4012345000009:14+7"]
    return {
        shop: [
            lambda: answer(shop, po, line(3), line(5, 2, "B", "EA", "4")),
            lambda: notice(shop, po, goods, number=f"S{next(ids)}"),
            lambda: notice(
                shop, split, {SSCCS[2]: {"A": 2}}, number=f"S{next(ids)}", store="0101"
            ),
            lambda: stock_report(shop, A=5, B=5, C=24),
            lambda: invoice(shop, po, number=f"I{next(ids)}"),
            lambda: invoice(shop, po, number=f"C{next(ids)}", kind="CR"),
            lambda: shop.x12("997", "FA", ack),
        ],
        house: [
            lambda: house.x12("940", "OW", order(), order()),
            lambda: house.x12("940", "OW", order("R")),
            lambda: house.x12("943", "AR", announcement),
            lambda: house.x12("997", "FA", ack),
        ],
        maker: [
            lambda: maker.edifact("ORDERS", buy(), buy()),
            lambda: maker.edifact("ORDCHG", change()),
            lambda: maker.edifact("CONTRL", contrl, version="D:3:UN"),
        ],
    }


def mutate(data, dice):
    """The file with a few pieces cut out, put in, doubled or swapped."""
    for _time in range(dice.randint(1, 3)):
        start = dice.randrange(len(data))
        end = min(len(data), start + dice.choice((1, 1, 3, 12, 60)))
        what = dice.choice(("cut", "put", "over", "double", "byte", "end"))
        if what == "cut":
            data = data[:start] + data[end:]
        elif what == "put":
            data = data[:start] + dice.choice(PIECES) + data[start:]
        elif what == "over":
            data = data[:start] + dice.choice(PIECES) + data[end:]
        elif what == "double":
            data = data[:end] + data[start:]
        elif what == "byte":
            data = data[:start] + bytes([dice.randrange(256)]) + data[start + 1 :]
        else:
            data = data[:start]
        if not data:
            break
    return data


@pytest.mark.parametrize("seed", range(4))
def test_no_file_stops_a_partner(seed):
    dice = random.Random(f"mutants {seed}")
    goods = {
        "bigmart": BIGMART,
        "dock9": {**DOCK9, "settings": {"report_at": None}},
        "fabrik": {"goods": GOODS, "settings": {"report_at": None}},
    }
    with start(goods, tick=None, start=START) as sandbox:
        apps = documents(sandbox, dice)
        for number in range(COUNT // 4):
            app = dice.choice(list(apps))
            data = dice.choice(apps[app])()
            # it raises nothing: step() would
            app.send(mutate(data, dice) if number % 3 == 0 else data)
        sandbox.bigmart.receive({SSCCS[0]: {"A": 3}}, bol="BOL1")
        sandbox.step(40 * 86400)
        for partner in sandbox.partners.values():
            assert not partner.ledger.of("own_documents")
            assert len(partner.received()) > COUNT // 40
        # and what is right is still taken
        house = App(sandbox.dock9)
        house.number = 10**6
        sandbox.dock9.ledger.clear()
        segments = warehouse_order("X99", "W01*3*EA**VN*A")
        house.send(house.x12("940", "OW", segments))
        assert "X99" in sandbox.dock9.truth()["orders"]
        assert set(house.charged()) <= {"control_gap"}
