"""Odoo as its web client sees it, and the sandbox store by its control interface."""

import requests

from .processes import DemoError

SECONDS = 90


class Refused(DemoError):
    """Odoo did not do what was asked; its words to the user."""


def _post(session, url, body):
    try:
        return session.post(url, json=body, timeout=SECONDS)
    except requests.RequestException as error:
        raise DemoError(f"{url} does not answer: {error}") from error


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
        """:raise Refused:"""
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
        answer = _post(self.session, f"{self.url}{path}", body)
        if not answer.ok:
            raise DemoError(f"{path}: Odoo answers {answer.status_code}")
        content = answer.json()
        if error := content.get("error"):
            words = error.get("data", {}).get("message") or error.get("message")
            raise Refused(f"{path}: {words}")
        return content.get("result")


class Store:
    """The sandbox store, by its control interface."""

    def __init__(self, url):
        self.url = url
        self.state_url = f"{url}/_sandbox/state"
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path):
        url = f"{self.url}/_sandbox/{path}"
        try:
            return self._read(self.session.get(url, timeout=SECONDS))
        except requests.RequestException as error:
            raise DemoError(f"{url} does not answer: {error}") from error

    def post(self, path, **values):
        return self._read(_post(self.session, f"{self.url}/_sandbox/{path}", values))

    def delete(self, path):
        return self._read(
            self.session.delete(f"{self.url}/_sandbox/{path}", timeout=SECONDS)
        )

    def _read(self, answer):
        if not answer.ok:
            raise DemoError(f"{answer.url}: {answer.status_code} {answer.text}")
        return answer.json()
