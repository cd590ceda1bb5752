"""The wire: Amazon's models on both sides, tokens, roles, limits, faults."""

import re

import pytest
import requests

from sandbox.amazon import schema, server, start
from sandbox.amazon.api import HANDLERS
from sandbox.amazon.const import GRANTLESS
from sandbox.amazon.limits import Bucket, Limits
from sandbox.amazon.words import SCHEMAS

from .amazon import DE, AmazonClient, merge

ORDERS = "/orders/2026-01-01/orders"
SINCE = {"lastUpdatedAfter": "2026-01-01T00:00:00Z"}


# --- Amazon's models


def examples():
    for name, (entry, _function, _status) in server.api.HANDLERS.items():
        methods = entry.document["paths"][entry.path]
        answers = methods[entry.method.lower()]["responses"]
        for status, answer in answers.items():
            pairs = answer.get("x-amzn-api-sandbox", {}).get("static", [])
            for number, pair in enumerate(pairs):
                yield pytest.param(
                    entry, int(status), pair, id=f"{name}-{status}-{number}"
                )


@pytest.mark.parametrize(("entry", "status", "pair"), examples())
def test_the_checks_take_amazons_own_examples(entry, status, pair):
    document = entry.document
    if wanted := entry.answers[status]:
        assert schema.first_problem(wanted, pair["response"], document) is None
    problems = []
    for name, given in pair["request"].get("parameters", {}).items():
        for parameter in entry.parameters:
            if name not in (parameter["name"], parameter["in"]) or not given:
                continue
            form = parameter.get("schema") or {**parameter, "required": []}
            problems += schema.problems(form, given.get("value"), document)
    # of the refused ones most are refused for what they look like
    assert not problems or status == 400


@pytest.mark.parametrize("name", SCHEMAS.values())
def test_the_checks_take_amazons_own_notifications(name):
    document = schema.load(name)
    for example in document.get("examples", []):
        assert schema.first_problem(document, example, document) is None


@pytest.mark.parametrize(
    ("form", "value", "words"),
    [
        ({"type": "integer"}, True, "is boolean"),
        ({"type": "string", "enum": ["A"]}, "B", "none of A"),
        ({"type": "array", "maxItems": 1}, [1, 2], "more than 1"),
        ({"type": "object", "properties": {"a": {}}}, {"b": 1}, "b is unknown"),
        ({"type": "object", "required": ["a"]}, {}, "a is missing"),
        ({"type": "string", "format": "date-time"}, "2026-01-01", "not an ISO"),
        ({"properties": {"a": False}}, {"a": 1}, "a is not allowed"),
        ({"type": "integer", "minimum": 1}, 0, "out of range"),
        ({"type": "string", "pattern": "^x"}, "y", "does not fit"),
        ({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, {}, "fits 0"),
    ],
)
def test_what_breaks_a_schema(form, value, words):
    assert words in schema.first_problem(form, value, {})


def test_all_played_operations_have_a_rate():
    for name in HANDLERS:
        rate, burst = server.limits.rate_of(name)
        assert rate > 0 and burst >= 1


def test_requests_against_the_model_are_400(amz):
    cases = [
        ({"unheardOf": "1"}, "unknown_parameter"),
        ({"fulfillmentStatuses": "Pending"}, "wrong_value"),
        ({"maxResultsPerPage": "ten"}, "wrong_value"),
        ({"createdAfter": "yesterday"}, "wrong_value"),
    ]
    for query, rule in cases:
        assert amz.code("GET", ORDERS, **SINCE | query) == (400, "InvalidInput")
        assert amz.wrong() == {rule: 1}
    path = amz.listing_path("A")
    assert amz.code("GET", path) == (400, "InvalidInput")
    assert amz.wrong() == {"missing_parameter": 1}
    twice = f"{amz.shop.url}{path}?marketplaceIds={DE}&marketplaceIds={DE}"
    headers = {"x-amz-access-token": amz.token()}
    assert requests.get(twice, headers=headers, timeout=5).status_code == 400
    assert amz.wrong() == {"wrong_value": 1}


def test_bodies_against_the_model_are_400(amz):
    path = amz.listing_path("A")
    for body in (
        {"productType": "PRODUCT"},
        {"productType": "PRODUCT", "patches": []},
        {"productType": "PRODUCT", "patches": [{**merge(1), "op": "set"}]},
        {"productType": "PRODUCT", "patches": [merge(1)], "sku": "A"},
    ):
        assert amz.code("PATCH", path, body, marketplaceIds=DE) == (400, "InvalidInput")
        assert amz.wrong() == {"wrong_body": 1}
    assert amz.code("GET", ORDERS, {"a": 1}, **SINCE)[0] == 400
    assert amz.wrong() == {"wrong_body": 1}


@pytest.mark.parametrize("name", HANDLERS)
def test_garbage_is_refused_and_never_an_error_of_the_server(account, amz, name):
    account.config.rate_factor = 1e6
    entry, _function, _status = HANDLERS[name]
    known = {"sellerId": account.config.seller_id, "sku": "A"}
    path = re.sub(r"{(\w+)}", lambda found: known.get(found[1], "zz"), entry.path)
    names = [each["name"] for each in entry.of("query")]
    bodies = [None, [], {}, "x", 5, {"a": None}, {"productType": 5, "patches": 5}]
    for body in bodies:
        for value in (None, "1", "\0,é"):
            query = {each: value for each in names if value}
            more = {"grantless": name in GRANTLESS, **query}
            assert amz.send(entry.method, path, body, **more).status_code < 500


def test_unknown_paths_and_paths_that_are_not_encoded(account, amz):
    assert amz.code("GET", "/orders/v0/orders")[0] == 404
    assert amz.wrong() == {"unknown_operation": 1}
    seller = account.config.seller_id
    path = f"/listings/2021-08-01/items/{seller}/C/1"
    assert amz.code("GET", path, marketplaceIds=DE)[0] == 404
    assert amz.wrong() == {"unencoded_path": 1}
    assert amz.live("C/1 é") == {"DEFAULT": 4}


def test_every_refusal_can_be_switched_off_by_name(account, amz):
    account.rules.set(unknown_parameter=0)
    assert amz.send("GET", ORDERS, **SINCE, unheardOf="1").status_code == 200
    assert amz.wrong() == {}
    with pytest.raises(ValueError, match="no rule nonsense"):
        account.rules.set(nonsense=1)


def test_answers_bear_an_id_and_half_of_them_the_rate(account, amz):
    account.rules.set(rate_header=0.5)
    account.config.rate_factor = 10
    answers = [amz.send("GET", f"{ORDERS}/nothing") for _number in range(60)]
    assert all(each.headers["x-amzn-RequestId"] for each in answers)
    seen = [each.headers.get("x-amzn-RateLimit-Limit") for each in answers]
    assert set(seen) == {None, "5"} and 10 < seen.count("5") < 50


# --- tokens


def test_login(amz):
    body = amz.login().json()
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    assert body["refresh_token"] == amz.shop.config.refresh_token


@pytest.mark.parametrize(
    ("values", "status", "error"),
    [
        ({"refresh_token": "Atzr|other"}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "x"}, 400, "invalid_scope"),
    ],
)
def test_login_refused(amz, values, status, error):
    answer = amz.login(**values)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_tokens_die_after_an_hour(account, amz):
    token = amz.token()
    account.pass_time(3601)
    assert amz.code("GET", ORDERS, token=token, **SINCE) == (403, "Unauthorized")
    assert amz.wrong() == {"dead_token": 1}
    amz.search()


def test_a_revoked_seller_is_lost_for_good(account, amz):
    amz.search()
    account.access.revoke()
    assert amz.code("GET", ORDERS, **SINCE) == (403, "Unauthorized")
    assert amz.login().json()["error"] == "invalid_grant"
    assert amz.ok("GET", "/notifications/v1/destinations", grantless=True)


def test_the_secret_dies_after_180_days(account, amz):
    account.pass_time(181 * 86400)
    assert amz.login().json()["error"] == "invalid_client"
    assert amz.wrong() == {"secret_expired": 1}
    account.access.rotate()
    assert amz.login().ok


def test_the_old_secret_lives_seven_days_more(account, amz):
    old = account.config.client_secret
    account.access.rotate()
    assert amz.login(client_secret=old).ok
    account.pass_time(8 * 86400)
    assert amz.login(client_secret=old).json()["error"] == "invalid_client"
    assert amz.login().ok


def test_grantless_and_sellers_tokens_are_not_interchangeable(amz):
    destinations = "/notifications/v1/destinations"
    assert amz.code("GET", destinations) == (403, "Unauthorized")
    assert amz.code("GET", ORDERS, grantless=True, **SINCE) == (403, "Unauthorized")
    assert amz.wrong() == {"token_kind": 2}
    amz.ok("GET", destinations, grantless=True)


def test_a_missing_role_is_403_or_a_missing_block(account, amz):
    order = account.checkout({"A": 1}, payment="paid", business=True)
    blocks = ("BUYER", "RECIPIENT", "TAX", "FULFILLMENT")
    assert {"buyer", "recipient", "tax"} <= set(amz.order(order, *blocks))
    account.config.roles = ("Product Listing", "Inventory and Order Tracking")
    view = amz.order(order, *blocks)
    assert "fulfillment" in view and not {"buyer", "recipient", "tax"} & set(view)
    query = {"granularityType": "Marketplace", "granularityId": DE}
    path = "/fba/inventory/v1/summaries"
    assert amz.code("GET", path, marketplaceIds=DE, **query) == (403, "Unauthorized")
    assert amz.wrong() == {"role_missing": 1}


# --- limits


class Half:
    """Dice that always fall in the middle."""

    def uniform(self, low, high):
        return (low + high) / 2


def test_a_bucket_empties_and_comes_back():
    bucket = Bucket(0.5, 3, 0.3, Half())
    assert [bucket.take(100) for _number in range(4)] == [True, True, True, False]
    assert not bucket.take(101.9)
    assert bucket.take(102.1) and not bucket.take(102.2)
    assert [bucket.take(200) for _number in range(4)] == [True, True, True, False]


def test_who_keeps_to_the_rate_with_one_in_reserve_is_never_refused():
    limits = Limits(seed=7)
    config = start(tick=None)
    try:
        taken = [
            limits.take(config.config, "S", "patchListingsItem", 1000 + number / 5)
            for number in range(3000)
        ]
    finally:
        config.stop()
    assert all(taken)


def test_beyond_the_limit_is_429_without_any_hint(account, amz):
    codes = {amz.send("GET", ORDERS, **SINCE).status_code for _number in range(20)}
    assert codes == {200}
    answer = amz.send("GET", ORDERS, **SINCE)
    assert answer.status_code == 429
    assert answer.json()["errors"][0]["code"] == "QuotaExceeded"
    assert not {"Retry-After", "x-amzn-RateLimit-Limit"} & set(answer.headers)
    assert amz.wrong() == {"throttled": 1}
    # other operations have buckets of their own
    assert amz.code("GET", f"{ORDERS}/none")[0] == 404
    account.pass_time(240)
    assert amz.send("GET", ORDERS, **SINCE).status_code == 200
    assert amz.send("GET", ORDERS, **SINCE).status_code == 429


def test_one_application_has_limits_over_all_its_sellers(account):
    with start({"products": []}, limits=account.limits, seller_id="A2") as other:
        other.rules.calm()
        first, second = AmazonClient(account), AmazonClient(other)
        codes = [
            client.send("GET", ORDERS, **SINCE).status_code
            for _number in range(16)
            for client in (first, second)
        ]
    # 20 for each of them, 30 for both
    assert codes == [200] * 30 + [429] * 2


# --- faults of the wire


@pytest.mark.parametrize(
    ("kind", "status", "begins", "done"),
    [
        ("http_500", 500, '{"errors"', False),
        ("http_502", 502, "<!DOCTYPE", False),
        ("http_503", 503, '{"errors"', False),
        ("http_429", 429, '{"errors"', False),
        ("unauthorized", 403, '{"errors"', False),
        ("html", 200, "<!DOCTYPE", True),
        ("truncated", 200, '{"sku"', True),
        ("http_500_after_commit", 500, '{"errors"', True),
    ],
)
def test_answers_that_are_none(account, amz, kind, status, begins, done):
    account.faults.add(kind=kind, next=1, operation="patchListingsItem")
    body = {"productType": "PRODUCT", "patches": [merge(3)]}
    answer = amz.send("PATCH", amz.listing_path("A"), body, marketplaceIds=DE)
    assert (answer.status_code, answer.text[: len(begins)]) == (status, begins)
    account.pass_time(60)
    assert account.shown("A") == (3 if done else 10)


@pytest.mark.parametrize("kind", ["timeout_after_commit", "reset_before_commit"])
def test_answers_that_never_come(account, amz, kind):
    amz.token()
    account.faults.add(kind=kind, next=1, operation="patchListingsItem")
    with pytest.raises(requests.RequestException):
        amz.patch("A", 3)
    account.pass_time(60)
    assert account.shown("A") == (3 if kind == "timeout_after_commit" else 10)


def test_faults_of_login_documents_and_queue_by_name(account, amz):
    for name, ask in (
        ("lwa", amz.login),
        ("sqs.ReceiveMessage", lambda: amz.sqs("ReceiveMessage")),
    ):
        account.faults.add(kind="http_503", next=1, operation=name)
        assert ask().status_code == 503
        assert ask().ok
    account.faults.add(kind="http_503", next=1, operation="document.PUT")
    with pytest.raises(AssertionError, match="ServiceUnavailable"):
        amz.upload(b"{}")
