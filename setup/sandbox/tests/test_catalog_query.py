"""Reading the shop, its locations, variants and levels."""


def test_variants_by_sku_and_barcode(client):
    query = """query Q($query: String) { productVariants(first: 9, query: $query) {
        nodes { sku barcode displayName inventoryPolicy product { title }
        inventoryItem { id tracked } } } }"""

    def skus(text):
        nodes = client.data(query, {"query": text})["productVariants"]["nodes"]
        return [node["sku"] for node in nodes]

    assert skus("sku:A OR sku:B") == ["A", "B"]
    assert skus("barcode:111") == ["A"]
    assert skus("sku:S-*") == ["S-RED", "S-BLUE"]
    assert skus("title:red") == ["S-RED"]
    assert skus("Bolt") == ["B"]


def test_variants_tell_prices_and_weights(client):
    query = """{ productVariants(first: 1, query: "sku:A") { nodes { compareAtPrice
        inventoryItem { measurement { weight { value unit } } } } } }"""
    [node] = client.data(query)["productVariants"]["nodes"]
    assert node["compareAtPrice"] is None
    weight = node["inventoryItem"]["measurement"]["weight"]
    assert weight == {"value": 0.0, "unit": "KILOGRAMS"}


def test_variants_are_paginated_with_cursors(client):
    query = """query Q($after: String) { productVariants(first: 4, after: $after) {
        edges { cursor node { sku } } pageInfo { hasNextPage endCursor } } }"""
    first = client.data(query)["productVariants"]
    assert first["edges"][-1]["cursor"] == first["pageInfo"]["endCursor"]
    rest = client.data(query, {"after": first["pageInfo"]["endCursor"]})
    skus = [
        edge["node"]["sku"]
        for edge in first["edges"] + rest["productVariants"]["edges"]
    ]
    assert skus == ["A", "B", "C", "KIT", "S-RED", "S-BLUE"]


def test_locations(client):
    query = """{ locations(first: 9) { nodes { name isActive fulfillsOnlineOrders
        address { city countryCode } } } }"""
    nodes = client.data(query)["locations"]["nodes"]
    assert [node["name"] for node in nodes] == ["Main", "Second", "Store"]
    assert nodes[0]["address"] == {"city": "Rotterdam", "countryCode": "NL"}


def test_levels_of_a_location_and_by_id(client):
    query = """query Q($id: ID!) { location(id: $id) { inventoryLevels(first: 9) {
        nodes { id item { sku } quantities(names: ["available"]) { quantity } } } } }"""
    found = client.data(query, {"id": client.location("Second")})["location"]
    level = found["inventoryLevels"]["nodes"][0]
    assert level["quantities"] == [{"quantity": 4}]
    query = """query Q($id: ID!) { inventoryLevel(id: $id) { location { name } } }"""
    found = client.data(query, {"id": level["id"]})
    assert found["inventoryLevel"]["location"]["name"] == "Second"


def test_nodes_keep_their_places(client):
    query = """query Q($ids: [ID!]!) { nodes(ids: $ids) { __typename id
        ... on InventoryItem { sku } ... on Location { name } } }"""
    ids = [client.item("A"), "gid://shopify/InventoryItem/1", client.location("Main")]
    nodes = client.data(query, {"ids": ids})["nodes"]
    assert nodes[0] == {"__typename": "InventoryItem", "id": ids[0], "sku": "A"}
    assert nodes[1] is None
    assert nodes[2]["name"] == "Main"


def test_shop_and_scopes(client):
    query = """{ shop { name myshopifyDomain currencyCode taxesIncluded ianaTimezone
        plan { displayName } } currentAppInstallation { accessScopes { handle } } }"""
    data = client.data(query)
    assert data["shop"]["currencyCode"] == "EUR"
    scopes = {s["handle"] for s in data["currentAppInstallation"]["accessScopes"]}
    assert {"write_inventory", "read_inventory"} <= scopes


def test_ids_do_not_fit_in_32_bits(client):
    assert int(client.item("A").rpartition("/")[2]) > 2**31


def test_bundle_shows_its_parts(client):
    query = """{ productVariants(first: 1, query: "sku:KIT") { nodes {
        requiresComponents sellableOnlineQuantity
        productVariantComponents(first: 5) { nodes { quantity
        productVariant { sku } } } } } }"""
    found = client.data(query)["productVariants"]["nodes"][0]
    assert found["requiresComponents"] and found["sellableOnlineQuantity"] == 5
    parts = found["productVariantComponents"]["nodes"]
    assert [(p["productVariant"]["sku"], p["quantity"]) for p in parts] == [
        ("A", 2),
        ("C", 1),
    ]
