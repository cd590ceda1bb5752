"""Child processes of the demo: started with a log, and gone for certain afterwards."""

import ctypes
import os
import signal
import socket
import subprocess
import time

SECONDS_TO_STOP = 20
PR_SET_PDEATHSIG = 1
LAST_LINES = 15


class DemoError(Exception):
    """The demo cannot go on; the message says why, for a person."""


class Process:
    """A command in a session of its own, so that Ctrl-C reaches the demo alone."""

    def __init__(self, name, command, log, env, cwd):
        self.name, self.log = name, log
        with open(log, "wb") as output:
            self._child = subprocess.Popen(
                [str(part) for part in command],
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def pid(self):
        return self._child.pid

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.stop()

    def check(self):
        """:raise DemoError: it has ended, with the last lines of its log"""
        code = self._child.poll()
        if code is not None:
            raise DemoError(f"{self.name} ended with {code}:\n{self.last_lines()}")

    def wait_for(self, what, condition, seconds):
        """Wait until ``condition()`` is true and return what it returned."""
        end = time.monotonic() + seconds
        while True:
            self.check()
            if result := condition():
                return result
            if time.monotonic() > end:
                raise DemoError(
                    f"{self.name}: {what}: not within {seconds:g} s."
                    f" Its log ends with:\n{self.last_lines()}"
                )
            time.sleep(0.1)

    def last_lines(self):
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join([f"  {line}" for line in lines[-LAST_LINES:]] or ["  (empty)"])

    def stop(self):
        """Ask its leader to end, then end whatever is left of its session."""
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self._child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._child.wait()


def _die_with_parent():
    """Also when the demo is killed with SIGKILL, its children get SIGTERM (Linux)."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    except (AttributeError, OSError):
        pass


def free_ports(count):
    """Ports that nobody listens on just now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
