"""Tokens: how they come, and how they end."""

import requests

from .helpers import Client


def exchange(shop, **form):
    form = {"client_id": "sandbox-client", "client_secret": "sandbox-secret", **form}
    return requests.post(f"{shop.url}/admin/oauth/access_token", data=form, timeout=5)


def works(shop, token):
    return Client(shop, token).post("{ shop { name } }").status_code == 200


def test_client_credentials_live_for_24_hours(shop):
    answer = exchange(shop, grant_type="client_credentials").json()
    assert answer["expires_in"] == 86399
    assert "write_inventory" in answer["scope"].split(",")
    assert works(shop, answer["access_token"])
    shop.store.clock.move(86401)
    assert not works(shop, answer["access_token"])


def test_a_shorter_life_by_setting(shop):
    shop.config.token_ttl = 60
    token = exchange(shop, grant_type="client_credentials").json()["access_token"]
    shop.store.clock.move(61)
    assert not works(shop, token)


def test_json_works_as_well_as_a_form(shop):
    form = {
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "grant_type": "client_credentials",
    }
    url = f"{shop.url}/admin/oauth/access_token"
    assert requests.post(url, json=form, timeout=5).status_code == 200


def test_wrong_secret_and_wrong_grant(shop):
    answer = exchange(shop, client_secret="no", grant_type="client_credentials")
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    answer = exchange(shop, grant_type="password")
    assert answer.json()["error"] == "unsupported_grant_type"


def test_refresh_ends_the_old_token_on_first_use_of_the_new(shop):
    old = shop.tokens.issue(ttl=3600, refreshable=True)
    form = {"grant_type": "refresh_token", "refresh_token": old.refresh}
    lost = exchange(shop, **form).json()
    # The answer was lost: the old refresh token still works.
    new = exchange(shop, **form).json()
    assert new["access_token"] != lost["access_token"]
    assert new["refresh_token"] != old.refresh
    assert works(shop, old.text)
    assert works(shop, new["access_token"])
    assert not works(shop, old.text)
    assert exchange(shop, **form).json()["error"] == "invalid_grant"


def test_a_static_token_never_expires_but_can_be_revoked(shop):
    shop.store.clock.move(10 * 365 * 86400)
    assert works(shop, "shpat_sandbox")
    shop.tokens.revoke("shpat_sandbox")
    assert not works(shop, "shpat_sandbox")


def test_a_wrong_token_is_401_with_a_message(shop):
    answer = Client(shop, "nope").post("{ shop { name } }")
    assert answer.status_code == 401
    assert "Invalid API key or access token" in answer.json()["errors"]


def test_oauth_can_fail(shop):
    shop.faults.add(kind="http_503", operation="oauth", next=1)
    assert exchange(shop, grant_type="client_credentials").status_code == 503
    assert exchange(shop, grant_type="client_credentials").status_code == 200
