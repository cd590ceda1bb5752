"""Requests as the API's document describes them. A lost answer is followed by the same
request: references make that safe."""

import time

import requests

TRIES = 5
WAITS = (0.2, 0.5, 1, 2)
AGAIN = (429, 502, 503, 504)


class Refused(Exception):
    """The API has said no: ``code`` is what it calls that."""

    def __init__(self, problem):
        super().__init__(problem.get("detail"))
        self.code, self.problem = problem.get("code"), problem


class Client:
    """:param address: of the server, without a path
    :param session: as ``requests`` has them
    """

    def __init__(self, address, key, session=None, sleep=time.sleep):
        self.address = address.rstrip("/") + "/channel/api/v1"
        self.session = session or requests.Session()
        self.key, self.sleep = key, sleep

    def get(self, path, **query):
        return self._ask("GET", path, params=query)

    def post(self, path, body):
        return self._ask("POST", path, json=body)

    def delete(self, path):
        return self._ask("DELETE", path)

    def _ask(self, method, path, **content):
        failure = None
        for number in range(TRIES):
            if number:
                self.sleep(WAITS[number - 1])
            try:
                answer = self.session.request(
                    method,
                    self.address + path,
                    headers={"Authorization": f"Bearer {self.key}"},
                    timeout=30,
                    **content,
                )
            except (requests.ConnectionError, requests.Timeout) as error:
                failure = error
                continue
            if answer.status_code in AGAIN:
                failure = Refused(_read(answer))
                continue
            if answer.status_code >= 400:
                raise Refused(_read(answer))
            return answer.json()
        raise failure


def _read(answer):
    try:
        return answer.json()
    except ValueError:
        return {"code": str(answer.status_code), "detail": answer.text[:200]}
