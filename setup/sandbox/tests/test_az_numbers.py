"""Sending numbers one by one: said yes to, applied later, and what goes wrong."""

import pytest

from .amazon import DE, FR, SE, merge

FULFILMENT = "/attributes/fulfillment_availability"


def test_an_accepted_patch_is_applied_later(account, amz):
    answer = amz.patch("A", 7)
    assert (answer["status"], answer["issues"]) == ("ACCEPTED", [])
    assert amz.live("A") == {"DEFAULT": 10}
    query = {"marketplaceIds": DE, "includedData": "attributes"}
    [sent] = amz.ok("GET", amz.listing_path("A"), **query)["attributes"].values()
    assert sent == [{"fulfillment_channel_code": "DEFAULT", "quantity": 7}]
    account.pass_time(60)
    assert amz.live("A") == {"DEFAULT": 7}
    assert amz.wrong() == {}


def test_a_slow_patch_and_one_that_never_lands(account, amz):
    account.rules.next("patch_slow")
    amz.patch("A", 7)
    account.pass_time(890)
    assert account.shown("A") == 10
    account.pass_time(20)
    assert account.shown("A") == 7
    account.rules.next("patch_lost")
    assert amz.patch("A", 5)["status"] == "ACCEPTED"
    account.pass_time(100000)
    assert account.shown("A") == 7


def test_two_patches_may_land_in_the_wrong_order(account, amz):
    account.config.rate_factor = 100_000
    for number in range(1, 13):
        amz.patch("A", number)
    account.pass_time(60)
    landed = [row[2] for row in account.store.history if row[3].startswith("patch")]
    assert sorted(landed) == list(range(1, 13)) != landed


def test_a_patch_overwrites_what_was_sold_meanwhile(account, amz):
    amz.patch("A", 9)
    account.checkout({"A": 4}, payment="pending")
    assert account.shown("A") == 6
    account.pass_time(60)
    assert account.shown("A") == 9


def test_invalid_comes_with_200_and_changes_nothing(account, amz):
    account.rules.next("patch_invalid")
    answer = amz.patch("A", 7)
    assert answer["status"] == "INVALID"
    assert answer["issues"][0]["severity"] == "ERROR"
    account.pass_time(60)
    assert account.shown("A") == 10


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ({**merge(1), "value": [{"quantity": 1}]}, "90220"),
        (merge(-1), "99022"),
        (merge("7"), "99022"),
        (merge(True), "99022"),
        (merge(1, color="red"), "90000900"),
        (merge(1, fulfillment_channel_code="AMAZON_EU"), "90000900"),
        ({**merge(1), "path": "/attributes/fulfillment_availability/0"}, "90000900"),
        ({"op": "merge", "path": FULFILMENT}, "90000900"),
    ],
)
def test_patches_that_are_invalid(account, amz, patch, code):
    answer = amz.patch("A", patch)
    assert answer["status"] == "INVALID"
    assert [each["code"] for each in answer["issues"]] == [code]
    account.pass_time(60)
    assert account.shown("A") == 10


def test_the_product_type_must_fit(account, amz):
    account.edit_listing("A", product_type="LAMP")
    assert amz.patch("A", 1, product_type="LAMP")["status"] == "ACCEPTED"
    answer = amz.patch("A", 1, product_type="SHOES")
    assert (answer["status"], answer["issues"][0]["code"]) == ("INVALID", "4000003")


def test_a_preview_changes_nothing(account, amz):
    answer = amz.patch(
        "A", 3, mode="VALIDATION_PREVIEW", includedData=["identifiers", "issues"]
    )
    assert answer["status"] == "VALID"
    assert answer["identifiers"][0]["marketplaceId"] == DE
    assert amz.patch("A", merge(-3), mode="VALIDATION_PREVIEW")["status"] == "INVALID"
    account.pass_time(60)
    assert account.shown("A") == 10 and amz.wrong() == {}


def test_an_unknown_sku_is_accepted_and_a_stub_is_born(account, amz):
    assert amz.patch("GONE", 7)["status"] == "ACCEPTED"
    account.pass_time(60)
    assert account.truth()["skus"]["GONE"]["stub"] is True
    assert "GONE" not in account.offered()
    assert amz.wrong() == {"stubs": 1}


def test_a_sku_that_is_not_in_the_marketplace_is_a_stub_as_well(account, amz):
    account.seed({"products": [{"sku": "G", "quantity": 3, "marketplaces": [DE]}]})
    amz.patch("G", 2, marketplaceIds=FR)
    assert amz.wrong() == {"stubs": 1}


def test_replace_wipes_the_lead_time_and_merge_does_not(account, amz):
    amz.patch("B", 4)
    account.pass_time(60)
    assert account.truth()["skus"]["B"]["lead_time"] == 3 and amz.wrong() == {}
    amz.patch("B", {**merge(5), "op": "replace"})
    account.pass_time(60)
    assert (
        account.truth()["skus"]["B"] | {"lead_time": None, "number": 5}
        == (account.truth()["skus"]["B"])
    )
    assert amz.wrong() == {"lead_time_wiped": 1}


def test_replace_that_names_the_lead_time_keeps_it(account, amz):
    patch = {**merge(4, lead_time_to_ship_max_days=3), "op": "replace"}
    amz.patch("B", patch)
    account.pass_time(60)
    assert account.store.listings["B"].lead_time == 3 and amz.wrong() == {}


def test_default_on_an_fba_sku_opens_a_second_offer(account, amz):
    assert amz.live("F") == {"AMAZON_EU": None}
    assert amz.patch("F", 4)["status"] == "ACCEPTED"
    account.pass_time(60)
    assert amz.wrong() == {"fba_writes": 1}
    assert amz.live("F") == {"AMAZON_EU": None, "DEFAULT": 4}
    assert account.truth()["skus"]["F"]["offers"] == {"AMAZON_EU": 6, "DEFAULT": 4}


def test_one_number_for_all_marketplaces(account, amz):
    amz.patch("A", 3, marketplaceIds=[DE, FR])
    account.pass_time(60)
    for place in (DE, FR, SE):
        query = {"marketplaceIds": place, "includedData": "fulfillmentAvailability"}
        item = amz.ok("GET", amz.listing_path("A"), **query)
        assert item["fulfillmentAvailability"][0]["quantity"] == 3
    account.checkout({"A": 2}, marketplace=SE)
    assert account.shown("A") == 1


def test_a_repeated_number_is_waste(account, amz):
    amz.patch("A", 7)
    account.pass_time(60)
    amz.patch("A", 7)
    assert amz.wrong() == {"waste": 1}


def test_what_is_no_waste(account, amz):
    amz.patch("A", 7)
    amz.patch("A", 8)  # on the way with the other one: either may land last
    account.pass_time(60)
    account.edit_stock("A", 8)
    amz.patch("A", 8)  # so one more is no waste
    account.pass_time(60)
    assert amz.wrong() == {}
    account.checkout({"A": 1})
    amz.patch("A", 8)  # the number is another one
    account.pass_time(60)
    assert amz.wrong() == {}
    amz.patch("A", 8)
    assert amz.wrong() == {"waste": 1}


def test_price_and_quantity_in_one_message_are_counted(amz):
    price = {"op": "merge", "path": "/attributes/purchasable_offer"}
    amz.patch("A", 7, {**price, "value": [{"our_price": []}]})
    assert amz.wrong() == {"mixed_messages": 1}


def test_delete_takes_the_merchant_offer_away(account, amz):
    amz.patch("A", {"op": "delete", "path": FULFILMENT})
    account.pass_time(60)
    assert amz.live("A") == {} and account.shown("A") is None


def test_other_sellers_and_other_marketplaces(amz):
    path = amz.listing_path("A").replace("A1SANDBOXSELLER", "A2OTHER")
    assert amz.code("GET", path, marketplaceIds=DE) == (403, "Unauthorized")
    assert amz.wrong() == {"wrong_seller": 1}
    query = {"marketplaceIds": "ATVPDKIKX0DER"}
    assert amz.code("GET", amz.listing_path("A"), **query)[0] == 400
    assert amz.wrong() == {"wrong_marketplace": 1}
    assert amz.code("GET", amz.listing_path("NO"), marketplaceIds=DE)[0] == 404


# --- the search


def items(amz, **query):
    query = {"marketplaceIds": DE, **query}
    path = "/listings/2021-08-01/items/A1SANDBOXSELLER"
    return amz.ok("GET", path, **query)


def test_reading_back_by_sku(amz):
    data = ["summaries", "fulfillmentAvailability", "offers", "productTypes", "issues"]
    query = {"identifiersType": "SKU", "identifiers": ["A", "F", "NO"]}
    answer = items(amz, includedData=data, sortBy="sku", sortOrder="ASC", **query)
    assert answer["numberOfResults"] == 2
    first, second = answer["items"]
    assert first["fulfillmentAvailability"] == [
        {"fulfillmentChannelCode": "DEFAULT", "quantity": 10}
    ]
    assert first["offers"][0]["price"] == {"amount": "10.00", "currencyCode": "EUR"}
    assert first["summaries"][0]["itemName"] == "Lämp"
    assert second["summaries"][0]["fnSku"]


def test_at_most_20_identifiers(amz):
    path = "/listings/2021-08-01/items/A1SANDBOXSELLER"
    many = [f"S{number}" for number in range(21)]
    query = {"marketplaceIds": DE, "identifiersType": "SKU", "identifiers": many}
    assert amz.code("GET", path, **query)[0] == 400
    assert amz.wrong() == {"too_many_identifiers": 1}
    query = {"marketplaceIds": DE, "identifiers": ["A"]}
    assert amz.code("GET", path, **query)[0] == 400
    assert amz.wrong() == {"missing_parameter": 1}


def test_no_more_than_1000_can_be_paged_through(account, amz):
    account.config.rate_factor = 1000
    rows = [{"sku": f"S{number:04}", "price": "1.00"} for number in range(1100)]
    account.seed({"products": rows})
    found, token = set(), None
    while True:
        more = {"pageToken": token} if token else {}
        answer = items(amz, pageSize=20, sortBy="sku", **more)
        found |= {each["sku"] for each in answer["items"]}
        token = answer.get("pagination", {}).get("nextToken")
        if not token:
            break
    assert (answer["numberOfResults"], len(found)) == (1104, 1000)
    assert (
        amz.code(
            "GET",
            "/listings/2021-08-01/items/A1SANDBOXSELLER",
            marketplaceIds=DE,
            pageSize=21,
        )[0]
        == 400
    )


def test_status_filter_and_foreign_page_tokens(account, amz):
    account.edit_listing("A", active=False)
    assert items(amz, withoutStatus="BUYABLE")["numberOfResults"] == 1
    token = items(amz, pageSize=1)["pagination"]["nextToken"]
    path = "/listings/2021-08-01/items/A1SANDBOXSELLER"
    query = {"marketplaceIds": FR, "pageToken": token}
    assert amz.code("GET", path, **query)[0] == 400
    assert amz.wrong() == {"page_token": 1}


def test_a_renamed_sku_keeps_its_old_name_on_old_orders(account, amz):
    order = account.checkout({"A": 1}, payment="paid")
    account.edit_listing("A", sku="A2")
    assert amz.order(order)["orderItems"][0]["product"]["sellerSku"] == "A"
    assert amz.live("A2") == {"DEFAULT": 9}
