"""Settlement reports: made by Amazon alone, one a currency, written as in the "
"country."""

from decimal import Decimal

from sandbox.amazon import orders
from sandbox.amazon.models import Package

from .amazon import DE, FR, SE

REPORTS = "/reports/2021-06-30"
KIND = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"


def sell(account, sku="A", count=1, **cart):
    """Bought, paid and shipped."""
    order = account.checkout({sku: count}, payment="paid", **cart)
    with account.store.transaction():
        now = account.store.clock.now()
        package = Package("1", "UPS", "", "1Z", now, now)
        orders.ship(account.store, order, package, {i: i.open for i in order.items})
    return order


def listed(amz):
    answer = amz.ok("GET", f"{REPORTS}/reports", reportTypes=[KIND])
    return answer["reports"]


def rows(amz, report):
    ref = report["reportDocumentId"]
    text = amz.download(f"{REPORTS}/documents/{ref}")[0].decode()
    head, *lines = [line.split("\t") for line in text.splitlines()]
    return [dict(zip(head, line, strict=True)) for line in lines]


def test_settlement_is_found_and_cannot_be_asked_for(account, amz):
    order = sell(account)
    [(ref, total)] = account.settle().values()
    report = listed(amz)[0]
    head, *lines = rows(amz, report)
    assert head["settlement-id"] == ref
    assert head["currency"] == "EUR"
    assert total == Decimal("8.50")
    assert {line["order-id"] for line in lines} == {order.id}
    body = {"reportType": KIND, "marketplaceIds": [DE]}
    assert amz.code("POST", f"{REPORTS}/reports", body) == (400, "InvalidInput")


def test_amounts_and_dates_are_written_as_in_the_country(account, amz):
    sell(account)
    account.settle(extra=[("ServiceFee", "Cost of Advertising", "x", "-1234.5")])
    head, *lines = rows(amz, listed(amz)[0])
    assert head["total-amount"] == "-1.226,00"
    assert lines[-1]["amount"] == "-1.234,50"
    assert lines[0]["posted-date"].count(".") == 2


def test_each_currency_is_settled_by_itself_and_listed_in_its_places(account, amz):
    sell(account, marketplace=DE)
    sell(account, marketplace=SE)
    done = account.settle()
    assert set(done) == {"EUR", "SEK"}
    places = [each["marketplaceIds"] for each in listed(amz)]
    assert sorted(places) == sorted([[DE], [FR], [SE]])


def test_refunds_come_off_and_nothing_is_settled_twice(account, amz):
    order = sell(account, count=2)
    account.settle()
    item = order.items[0]
    orders.refund(account.store, order, item, "x", {"item-price": Decimal("5.00")})
    [(ref, total)] = account.settle().values()
    assert total == Decimal("-5.00")
    newest = [rows(amz, each) for each in listed(amz)]
    [head, line] = next(each for each in newest if each[0]["settlement-id"] == ref)
    assert line["transaction-type"] == "Refund"
    assert line["amount"] == "-5,00"
    assert account.settle() == {}
