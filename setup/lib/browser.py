"""Headless Chromium, driven through its DevTools protocol."""

import base64
import contextlib
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

import requests
import websocket
from demo.processes import DemoError, Process

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 60


@contextlib.contextmanager
def running(size):
    """:param size: (width, height) of the page. :return: a Page"""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if not path:
        raise DemoError(f"no browser: install one of {', '.join(NAMES)}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = Path(folder)
        command = [path, "--headless=new", "--remote-debugging-port=0"]
        command += [f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"]
        command += ["--hide-scrollbars", "--no-first-run", "--disable-gpu"]
        command += ["--disable-background-networking", "--lang=en-US"]
        command += ["--no-sandbox"] * (os.geteuid() == 0)
        # it listens to nobody but this machine, and opens only what it is told to
        command += ["--remote-allow-origins=http://127.0.0.1", "about:blank"]
        log = profile / "browser.log"
        with Process("the browser", command, log, os.environ, folder) as process:
            port = process.wait_for("is ready", lambda: _port(profile), SECONDS)
            page = Page(_socket(port), size)
            try:
                yield page
            finally:
                page.close()


def _port(profile):
    file = profile / "DevToolsActivePort"
    return file.exists() and file.read_text().split("\n")[0]


def _socket(port):
    targets = requests.get(f"http://127.0.0.1:{port}/json", timeout=SECONDS).json()
    [target] = [each for each in targets if each["type"] == "page"][:1]
    return target["webSocketDebuggerUrl"]


class Page:
    def __init__(self, url, size):
        self._socket = websocket.create_connection(
            url, timeout=SECONDS, origin="http://127.0.0.1"
        )
        self._last = 0
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=size[0],
            height=size[1],
            deviceScaleFactor=1,
            mobile=False,
        )

    def close(self):
        self._socket.close()

    def call(self, method, **params):
        """Send one command of the protocol and return its result."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": params}
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise DemoError(f"browser: {method}: {answer['error']['message']}")
                return answer["result"]

    def set_cookie(self, url, name, value):
        self.call("Network.setCookie", url=url, name=name, value=value)

    def open(self, url):
        self.call("Page.navigate", url=url)

    def evaluate(self, script):
        result = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        return result["result"].get("value")

    def wait_for(self, condition, what, seconds=SECONDS):
        """Wait until the script ``condition`` says true."""
        end = time.monotonic() + seconds
        while not self.evaluate(condition):
            if time.monotonic() > end:
                raise DemoError(f"browser: {what}: not within {seconds:g} s")
            time.sleep(0.1)

    def picture(self):
        """:return: the page as it is shown, PNG"""
        result = self.call("Page.captureScreenshot", format="png")
        return base64.b64decode(result["data"])
