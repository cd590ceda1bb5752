"""BigMart's 810: what it takes, and every rule that it charges for."""

import pytest

from .edi import only
from .test_edi_bigmart import ALL, SSCCS, app, notice, order, shop, written  # noqa: F401  # noqa: F401 (fixtures)


def row(number, units, sku, price, unit="EA"):
    return f"IT1*{number}*{units}*{unit}*{price}**VN*{sku}"


def invoice(app, po, *rows, number="INV1", total=2750, kind="DI", **change):  # noqa: F811
    rows = rows or (row(1, 3, "A", "2.5"), row(2, 5, "B", "4"))
    segments = [
        f"BIG*20261126*{number}*20261123*{po}***{kind}{change.get('purpose', '')}",
        f"CUR*SE*{change.get('currency', 'USD')}",
        *change.get("refs", ("REF*IA*482615",)),
        "ITD*05*3*****30",
        *rows,
        f"TDS*{total}",
        *change.get("tail", ()),
    ]
    count = sum(each.startswith("IT1") for each in segments)
    segments.append(f"CTT*{change.get('count', count)}")
    return app.x12("810", "IN", segments)


@pytest.fixture
def told(shop, app, order):  # noqa: F811
    """An order whose ship notice has come."""
    app.send(notice(app, order.po, ALL))
    assert app.charged() == {}
    return order


def test_a_right_invoice_is_charged_for_nothing(shop, app, told):  # noqa: F811
    app.send(invoice(app, told.po))
    assert app.charged() == {}
    assert shop.truth()["orders"][told.po]["invoiced"] == "27.50"
    assert [each.invoiced for each in told.lines] == [3, 5]


def test_an_invoice_before_its_notice(shop, app, order):  # noqa: F811
    app.send(invoice(app, order.po))
    assert app.charged() == {"invoice_early": 2}


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({"po": "4711"}, ["invoice_order"]),
        ({"refs": ()}, ["invoice_vendor"]),
        ({"refs": ("REF*IA*4711",)}, ["invoice_vendor"]),
        ({"currency": "EUR"}, ["invoice_currency"]),
        ({"count": 3}, ["invoice_count"]),
        ({"total": 2749}, ["invoice_total"]),
        ({"rows": [row(3, 3, "A", "2.5")], "total": 750}, ["invoice_line"]),
        ({"rows": [row(1, 3, "B", "2.5")], "total": 750}, ["invoice_line"]),
        ({"rows": [row(1, 1, "A", "2.5")] * 2, "total": 500}, ["invoice_line"]),
        ({"rows": [row(1, 3, "A", "2.5", "CA")], "total": 750}, ["invoice_unit"]),
        ({"rows": [row(1, 4, "A", "2.5")], "total": 1000}, ["invoice_quantity"]),
        ({"rows": [row(1, 0, "A", "2.5")], "total": 0}, ["invoice_quantity"]),
        ({"rows": [row(1, "1.5", "A", "2")], "total": 300}, ["invoice_quantity"]),
        ({"rows": [row(1, 3, "A", "2.51")], "total": 753}, ["invoice_price"]),
        ({"rows": [row(1, 3, "A", "2.49")], "total": 747}, []),
        ({"tail": ("SAC*A*C310***275",), "total": 2475}, []),
        ({"tail": ("SAC*C*D240***500",), "total": 3250}, ["invoice_charge"]),
        ({"tail": ("TXI*ST*2.75*10",), "total": 3025}, ["invoice_tax"]),
        ({"kind": "CR", "refs": ("REF*IA*482615", "REF*OI*X")}, None),
    ],
)
def test_each_rule_of_invoices(shop, app, told, change, rules):  # noqa: F811
    values = dict(change)
    rows = values.pop("rows", ())
    app.send(invoice(app, values.pop("po", told.po), *rows, **values))
    if rules is None:
        assert app.charged() == {"credit_invoice": 1, "credit_quantity": 2}
    else:
        assert sorted(app.charged()) == rules


def test_an_invoice_twice(shop, app, told):  # noqa: F811
    app.send(invoice(app, told.po))
    app.send(invoice(app, told.po))
    assert app.charged() == {"invoice_repeat": 1}
    # one that replaces it was agreed
    app.send(invoice(app, told.po, row(1, 3, "A", "2.5"), total=750, purpose="*05"))
    assert app.charged() == {}
    assert shop.truth()["orders"][told.po]["invoiced"] == "7.50"


def test_parts_come_to_what_was_told(shop, app, order):  # noqa: F811
    app.send(notice(app, order.po, {SSCCS[0]: {"A": 2}}))
    app.send(invoice(app, order.po, row(1, 2, "A", "2.5"), total=500))
    assert app.charged() == {}
    app.send(invoice(app, order.po, row(1, 1, "A", "2.5"), total=250, number="INV2"))
    assert app.charged() == {"invoice_quantity": 1}


def test_taxes_and_charges_that_were_agreed(shop, app, told):  # noqa: F811
    shop.config.update({"tax_percent": 10, "paid_charges": ["D240"]})
    tail = ("TXI*ST*3.25*10", "SAC*C*D240***500")
    app.send(invoice(app, told.po, tail=tail, total=3575))
    assert app.charged() == {}
    app.send(invoice(app, told.po, row(1, 1, "A", "1"), total=100, number="INV2"))
    assert app.charged() == {"invoice_quantity": 1, "invoice_tax": 1}


def test_credit_memos_have_one_sign(shop, app, told):  # noqa: F811
    app.send(invoice(app, told.po))
    refs = ("REF*IA*482615", "REF*OI*INV1")
    values = {"number": "CR1", "kind": "CR", "refs": refs}
    app.send(invoice(app, told.po, row(1, 1, "A", "2.5"), total=250, **values))
    assert app.charged() == {}
    assert shop.truth()["orders"][told.po]["invoiced"] == "25.00"
    values["number"] = "CR2"
    app.send(invoice(app, told.po, row(1, -1, "A", "2.5"), total=-250, **values))
    assert app.charged() == {"invoice_sign": 2}


def test_one_that_its_people_refuse_is_not_taken(shop, app, told):  # noqa: F811
    shop.rules.next("invoice_refused")
    app.send(invoice(app, told.po))
    [data] = written(app, "824")
    assert only(data, "OTI")[0].startswith("OTI*TR*TN*INV1*")
    assert app.charged() == {} and not shop.bills
    app.send(invoice(app, told.po))
    assert app.charged() == {} and shop.bills
