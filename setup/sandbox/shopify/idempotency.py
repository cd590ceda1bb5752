"""``@idempotent(key:)``: the same request twice is one change.

One key stands for one mutation with one set of arguments. Its result is kept and
given again, also when it was a refusal: whoever wants another outcome needs another
key.
"""

import functools
import inspect
import json
from dataclasses import dataclass
from datetime import timedelta

from graphql.execution.values import get_directive_values

from .errors import bad_request
from .resolver import Record
from .schema import STRICT

MESSAGES = {
    "IDEMPOTENCY_CONCURRENT_REQUEST": (
        "This request is currently in progress, please try again."
    ),
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH": (
        "The same idempotency key cannot be used with different operation parameters."
    ),
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED": (
        "A previous attempt with this idempotency key failed."
    ),
}


@dataclass
class Attempt:
    fingerprint: str
    at: object
    done: bool = False
    failed: bool = False
    result: object = None


class IdempotencyKeys:
    def __init__(self, store):
        self.store = store
        self.attempts = {}

    def claim(self, key, fingerprint):
        """Return (attempt to run or None, stored result or None, error code)."""
        known = self._known(key)
        if known is None:
            attempt = Attempt(fingerprint, self.store.clock.now())
            self.attempts[key] = attempt
            return attempt, None, None
        if known.fingerprint != fingerprint:
            return None, None, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
        if not known.done:
            return None, None, "IDEMPOTENCY_CONCURRENT_REQUEST"
        hide = self.store.config.idempotency_failure == "previous_attempt_failed"
        if known.failed and hide:
            return None, None, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
        return None, known.result, None

    def _known(self, key):
        known = self.attempts.get(key)
        age = timedelta(seconds=self.store.config.idempotency_retention)
        if known and known.done and known.at + age <= self.store.clock.now():
            del self.attempts[key]
            return None
        return known

    def forget(self, key):
        self.attempts.pop(key, None)


def idempotent(payload_type, error_type=None):
    """Make a mutation need the directive and answer a repeated key.

    :param error_type: the user error of the payload, if it has a code
    """

    def decorate(method):
        @functools.wraps(method)
        def run(self, info, **arguments):
            key = _key(self._ctx, info)
            if key is None:
                self._ctx.store.pause(self._ctx.commit_delay)
                return method(self, **arguments)
            fingerprint = json.dumps([info.field_name, arguments], sort_keys=True)
            keys = self._ctx.idempotency
            attempt, result, code = keys.claim(key, fingerprint)
            if code:
                return _refusal(payload_type, error_type, code)
            if attempt is None:
                return result
            try:
                # Others may see the key as busy while this one takes its time.
                self._ctx.store.pause(self._ctx.commit_delay)
                result = method(self, **arguments)
            except BaseException:
                keys.forget(key)
                raise
            attempt.result, attempt.done = result, True
            attempt.failed = bool(result.values["userErrors"])
            return result

        # What the resolver passes on is what the mutation itself takes.
        del run.__wrapped__
        run.__signature__ = _signature(method)
        return run

    return decorate


def _signature(method):
    signature = inspect.signature(method)
    first, *rest = signature.parameters.values()
    info = inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return signature.replace(parameters=[first, info, *rest])


def _key(ctx, info):
    """:return: None where a request may do without"""
    directive = ctx.schema.get_directive("idempotent")
    values = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    if values is None and ctx.version < STRICT:
        return None
    if values is None:
        raise bad_request(
            "The @idempotent directive is required for this mutation but was not"
            " provided."
        )
    key = values["key"]
    if not key.strip():
        raise bad_request("The idempotency key cannot be empty.")
    return key


def _refusal(payload_type, error_type, code):
    values = {"field": None, "message": MESSAGES[code]}
    if error_type:
        values["code"] = code
    error = Record(error_type or "UserError", **values)
    return Record(payload_type, userErrors=[error])
