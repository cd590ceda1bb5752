# SPDX-License-Identifier: AGPL-3.0-or-later
"""The server against its document, by requests that a fuzzer makes of it."""

import os

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import (
    not_a_server_error,
)
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from odoo.tests import tagged

from ..lib.document import DOCUMENT, PREFIX
from .common_api import ApiCase

EXAMPLES = int(os.environ.get("CHANNEL_SCHEMA_EXAMPLES", "12"))
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)

NOTHING_ASKED = ("getDocument", "getAccount")
"""There is no wrong way to ask for them."""


@tagged("post_install", "-at_install")
class TestSchema(ApiCase):
    """``CHANNEL_SCHEMA_EXAMPLES=200`` for longer: so many requests an operation, once
    with what fits the document and once with what does not."""

    def run_operation(self, operation, mode):
        strategy = operation.as_strategy(generation_mode=mode)

        @seed(20261201)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=strategy)
        def run(case):
            case.headers["Authorization"] = f"Bearer {self.token}"
            response = case.call(
                base_url=self.base_url() + PREFIX, session=self.opener, timeout=60
            )
            self.seen[response.status_code] = self.seen.get(response.status_code, 0) + 1
            case.validate_response(response, checks=CHECKS)

        run()

    def run_all(self, mode):
        self.publish()
        self.seen = {}
        document = schemathesis.openapi.from_dict(DOCUMENT)
        ran = 0
        for result in document.get_all_operations():
            operation = result.ok()
            ran += 1
            raw = operation.definition.raw
            if mode.is_negative and raw["operationId"] in NOTHING_ASKED:
                continue
            with self.subTest(operation.label):
                self.run_operation(operation, mode)
        self.assertEqual(ran, 14)
        self.assertFalse([status for status in self.seen if status >= 500], self.seen)

    def test_what_fits_the_document_is_answered_as_it_says(self):
        self.run_all(schemathesis.GenerationMode.POSITIVE)
        self.assertTrue(self.seen.get(201), self.seen)
        # what has passed the document can be taken in
        dead = self.env["channel.inbox.event"].search(
            [("channel_id", "=", self.channel.id), ("state", "=", "dead")]
        )
        self.assertFalse(dead.mapped("error"))

    def test_what_does_not_fit_is_refused_as_it_says(self):
        self.run_all(schemathesis.GenerationMode.NEGATIVE)
        self.assertTrue(self.seen.get(422), self.seen)
