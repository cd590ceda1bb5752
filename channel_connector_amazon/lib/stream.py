# SPDX-License-Identifier: AGPL-3.0-or-later
"""What came in by the seller's queue, as events and receipts. No odoo in here."""

import logging

from odoo.addons.channel_inventory_base.lib import events
from odoo.addons.channel_inventory_base.lib.errors import Malformed

from . import notifications

_logger = logging.getLogger(__name__)

LONG_POLL = 1
"""Seconds that SQS waits at least: asked without a wait it looks at some of its servers
only, and misses messages that are there."""


def received(queue, wait, seller):
    """Take what is in a queue, once.

    What is of another seller is left for whoever reads it; what makes no sense becomes
    an event all the same, or it would come again for ever.

    :param queue: a ``sqs.Queue``
    :param wait: seconds
    :return: EventBatch's values
    """
    messages = queue.receive(max(wait, LONG_POLL))
    ours = [each for each in messages if _seller(each.body) in ("", seller)]
    if strange := len(messages) - len(ours):
        _logger.warning("%s messages in the queue are of other sellers", strange)
    return {
        "events": [_event(each.body) for each in ours],
        "receipts": [each.receipt for each in ours],
        "empty": not messages,
    }


def _event(body):
    try:
        return notifications.event(body)
    except Malformed:
        return events.unreadable_event(body)


def _seller(body):
    try:
        return notifications.seller_of(body)
    except Malformed:
        return ""
