"""Reports and FBA inventory: late, cached, in strange words, sometimes not at all."""

import pytest

from sandbox.amazon import start

from .amazon import DE, FR, SE, SEED, AmazonClient

HOUR = 3600
REPORTS = "/reports/2021-06-30/reports"
DOCUMENTS = "/reports/2021-06-30/documents"
JP, US = "A1VC38T7YXB528", "ATVPDKIKX0DER"


def finish(account, amz, report):
    """(status, bytes or None, Content-Type) after the time that a report takes."""
    account.pass_time(11 * 60)
    view = amz.ok("GET", f"{REPORTS}/{report}")
    if "reportDocumentId" not in view:
        return view["processingStatus"], None, None
    path = f"{DOCUMENTS}/{view['reportDocumentId']}"
    return view["processingStatus"], *amz.download(path)


def rows(body, charset):
    lines = [line.split("\t") for line in body.decode(charset).split("\r\n") if line]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def test_a_report_takes_its_time(account, amz):
    account.config.report_minutes = (9, 9)
    report = amz.report(SE)
    seen = []
    for _number in range(4):
        seen.append(amz.ok("GET", f"{REPORTS}/{report}")["processingStatus"])
        account.pass_time(3 * 60)
    assert seen == ["IN_QUEUE", "IN_PROGRESS", "IN_PROGRESS", "DONE"]


def test_the_listings_of_a_seller(account, amz):
    amz.patch("F", 2)
    account.pass_time(60)
    account.refresh_reports()
    status, body, _kind = finish(account, amz, amz.report(SE))
    table = rows(body, "utf-8")
    assert status == "DONE"
    shown = [
        (row["seller-sku"], row["fulfillment-channel"], row["quantity"])
        for row in table
    ]
    # two rows of one SKU, and no number where Amazon ships
    assert shown == [
        ("A", "DEFAULT", "10"),
        ("B", "DEFAULT", "5"),
        ("C/1 é", "DEFAULT", "4"),
        ("F", "AMAZON_EU", ""),
        ("F", "DEFAULT", "2"),
    ]
    assert table[0]["price"] == "10.00" and table[0]["status"] == "Active"
    assert table[0]["asin1"] == account.store.listings["A"].asin


@pytest.mark.parametrize(
    ("place", "charset", "sku", "number"),
    [
        (DE, "cp1252", "Händler-SKU", "Menge"),
        (FR, "cp1252", "sku-vendeur", "quantity"),
        (SE, "utf-8", "seller-sku", "quantity"),
    ],
)
def test_headers_and_charset_are_of_the_marketplace(
    account, amz, place, charset, sku, number
):
    _status, body, kind = finish(account, amz, amz.report(place))
    assert kind == f"text/plain; charset={charset}"
    table = rows(body, charset)
    assert {row[sku]: row[number] for row in table}["C/1 é"] == "4"


def test_japanese_in_shift_jis_without_a_word_about_it():
    with start(SEED, tick=None, region="fe") as account:
        account.calm()
        account.rules.set(charset_missing=1)
        amz = AmazonClient(account)
        account.edit_listing("A", title="ランプ")
        account.refresh_reports()
        _status, body, kind = finish(account, amz, amz.report(JP))
        assert "charset" not in kind
        first = rows(body, "cp932")[0]
        assert (first["出品者SKU"], first["商品名"]) == ("A", "ランプ")
        assert "フルフィルメント・チャンネル" in first
        assert account.shown("A") == 10


def test_english_headers_by_a_switch(account, amz):
    account.rules.set(local_headers=0)
    _status, body, _kind = finish(account, amz, amz.report(DE))
    assert rows(body, "utf-8")[0]["seller-sku"] == "A"


def test_reports_know_what_was_hours_ago(account, amz):
    account.config.report_cache_hours = (6, 6)
    account.refresh_reports()
    account.edit_stock("A", 3)
    assert rows(finish(account, amz, amz.report(SE))[1], "utf-8")[0]["quantity"] == "10"
    account.pass_time(6 * HOUR)
    assert rows(finish(account, amz, amz.report(SE))[1], "utf-8")[0]["quantity"] == "3"


def test_the_same_report_twice_in_half_an_hour_is_cancelled(account, amz):
    assert finish(account, amz, amz.report(SE))[0] == "DONE"
    assert finish(account, amz, amz.report(SE)) == ("CANCELLED", None, None)
    assert amz.wrong() == {"report_often": 1}
    # of another marketplace it is another report
    assert finish(account, amz, amz.report(DE))[0] == "DONE"
    account.pass_time(HOUR)
    assert finish(account, amz, amz.report(SE))[0] == "DONE"


def test_cancelled_where_nothing_is_and_now_and_then_anyway(account, amz):
    account.rules.next("report_empty")
    assert finish(account, amz, amz.report(SE))[0] == "CANCELLED"
    with start({"products": []}, tick=None) as empty:
        empty.calm()
        client = AmazonClient(empty)
        assert finish(empty, client, client.report(SE))[0] == "CANCELLED"


def test_a_fatal_report_has_a_document_that_says_why(account, amz):
    account.rules.next("report_fatal")
    status, body, _kind = finish(account, amz, amz.report(SE))
    assert status == "FATAL" and b"try again" in body


def test_reports_that_cannot_be_asked_for(amz):
    body = {"marketplaceIds": [DE]}
    for kind in ("GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2", "GET_ANYTHING"):
        assert amz.code("POST", REPORTS, {**body, "reportType": kind})[0] == 400
    assert amz.wrong() == {"report_type": 2}
    kind = "GET_MERCHANT_LISTINGS_ALL_DATA"
    for places in ([DE, FR], [US]):
        body = {"marketplaceIds": places, "reportType": kind}
        assert amz.code("POST", REPORTS, body)[0] == 400
    assert amz.wrong() == {"wrong_marketplace": 2}


def test_lists_cancellation_and_unknown_reports(account, amz):
    first, second = amz.report(SE), amz.report(DE)
    query = {"reportTypes": "GET_MERCHANT_LISTINGS_ALL_DATA", "pageSize": 1}
    answer = amz.ok("GET", REPORTS, **query)
    assert [each["reportId"] for each in answer["reports"]] == [second]
    [last] = amz.ok("GET", REPORTS, nextToken=answer["nextToken"])["reports"]
    assert last["reportId"] == first
    since = {
        "reportTypes": query["reportTypes"],
        "createdSince": "2099-01-01T00:00:00Z",
    }
    assert amz.ok("GET", REPORTS, **since)["reports"] == []
    amz.ok("DELETE", f"{REPORTS}/{first}")
    assert finish(account, amz, first)[0] == "CANCELLED"
    assert amz.code("GET", f"{REPORTS}/1") == (404, "NotFound")
    assert amz.code("GET", REPORTS)[0] == 400


# --- FBA inventory


def summaries(amz, place=DE, **more):
    query = {
        "granularityType": "Marketplace",
        "granularityId": place,
        "marketplaceIds": place,
        "details": "true",
        **more,
    }
    return amz.ok("GET", "/fba/inventory/v1/summaries", **query)


def test_pending_orders_are_out_of_what_is_fulfillable(account, amz):
    account.config.rate_factor = 10000
    account.checkout({"F": 2}, payment="pending")
    account.edit_fba("F", inbound=10, unfulfillable=1)
    account.refresh_reports()
    [row] = summaries(amz)["payload"]["inventorySummaries"]
    details = row["inventoryDetails"]
    assert details["fulfillableQuantity"] == 4
    assert details["reservedQuantity"]["pendingCustomerOrderQuantity"] == 2
    assert row["totalQuantity"] == 17
    query = {"details": "false", "sellerSkus": "F"}
    [row] = summaries(amz, **query)["payload"]["inventorySummaries"]
    assert "inventoryDetails" not in row
    assert summaries(amz, sellerSkus="A")["payload"]["inventorySummaries"] == []


def test_it_is_behind_by_hours(account, amz):
    account.config.fba_delay_hours = (4, 4)
    account.checkout({"F": 2}, payment="pending")
    [row] = summaries(amz)["payload"]["inventorySummaries"]
    assert row["inventoryDetails"]["fulfillableQuantity"] == 6
    account.pass_time(8 * HOUR)
    [row] = summaries(amz)["payload"]["inventorySummaries"]
    assert row["inventoryDetails"]["fulfillableQuantity"] == 4


def test_rows_of_other_marketplaces_leak_in(account, amz):
    row = {"sku": "G", "fba": 3, "marketplaces": [FR]}
    account.seed({"products": [row]})
    account.rules.set(fba_leak=0)
    assert len(summaries(amz)["payload"]["inventorySummaries"]) == 1
    account.rules.set(fba_leak=1)
    assert len(summaries(amz)["payload"]["inventorySummaries"]) == 2


def test_pages_live_30_seconds(account, amz):
    products = [{"sku": f"S{number}", "fba": 1} for number in range(59)]
    account.seed({"products": products})
    answer = summaries(amz)
    token = answer["pagination"]["nextToken"]
    account.pass_time(10)
    last = summaries(amz, nextToken=token)
    assert len(last["payload"]["inventorySummaries"]) == 10
    account.pass_time(21)
    with pytest.raises(AssertionError, match="expired"):
        summaries(amz, nextToken=token)
    assert amz.wrong() == {"fba_page": 1}


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ({"granularityId": FR}, "fba_granularity"),
        ({"marketplaceIds": f"{DE},{FR}"}, "wrong_value"),
        ({"startDateTime": "2020-01-01T00:00:00Z"}, "fba_start"),
        ({"sellerSkus": ",".join(map(str, range(51)))}, "wrong_value"),
    ],
)
def test_refused(amz, query, rule):
    with pytest.raises(AssertionError, match="InvalidInput"):
        summaries(amz, **query)
    assert amz.wrong() == {rule: 1}


def test_an_account_without_fba(account, amz):
    account.config.has_fba = False
    with pytest.raises(AssertionError, match="Fulfillment by Amazon"):
        summaries(amz)
    assert amz.wrong() == {"fba_account": 1}
