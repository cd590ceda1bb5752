"""Odoo as its web client sees it, and the sandbox store by its control interface."""

import requests
from demo_processes import DemoError

SECONDS = 90


class Rpc:
    """A session of one user: every call is one that a button or form could make."""

    def __init__(self, url, database):
        self.url, self.database = url, database
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy between us and this machine

    def login(self, login, password):
        self._post(
            "/web/session/authenticate",
            {"db": self.database, "login": login, "password": password},
        )
        return self

    def is_up(self):
        try:
            return self.session.get(f"{self.url}/web/health", timeout=5).ok
        except requests.RequestException:
            return False

    def call(self, model, method, *args, **kwargs):
        """:raise DemoError: with what Odoo says to the user"""
        return self._post(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": args, "kwargs": kwargs},
        )

    def create(self, model, **values):
        """:return: the id of the new record"""
        return self.call(model, "create", [values])[0]

    def find(self, model, *domain, fields=("id",), **kwargs):
        return self.call(
            model, "search_read", list(domain), fields=list(fields), **kwargs
        )

    def find_id(self, model, *domain):
        """:return: the id of the first record"""
        found = self.find(model, *domain, limit=1)
        if not found:
            raise DemoError(f"Odoo has no {model} with {domain}")
        return found[0]["id"]

    def ref(self, xmlid):
        module, name = xmlid.split(".")
        domain = [["module", "=", module], ["name", "=", name]]
        return self.find("ir.model.data", *domain, fields=["res_id"])[0]["res_id"]

    def _post(self, path, params):
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.session.post(f"{self.url}{path}", json=body, timeout=SECONDS)
        answer.raise_for_status()
        content = answer.json()
        if error := content.get("error"):
            words = error.get("data", {}).get("message") or error.get("message")
            raise DemoError(f"{path}: {words}")
        return content.get("result")


class Store:
    """The sandbox store, by its control interface."""

    def __init__(self, url):
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path):
        return self._answer(self.session.get(f"{self.url}/_sandbox/{path}", timeout=30))

    def post(self, path, **values):
        return self._answer(
            self.session.post(f"{self.url}/_sandbox/{path}", json=values, timeout=30)
        )

    def _answer(self, response):
        if not response.ok:
            raise DemoError(f"sandbox store: {response.status_code} {response.text}")
        return response.json()
