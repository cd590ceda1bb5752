# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Amazon is to tell a queue: a destination, and a subscription of each kind.

No odoo in here.
"""

from odoo.addons.channel_inventory_base.lib.errors import NotFound, Refused
from odoo.addons.channel_inventory_base.lib.reader import JsonValue

from . import notifications

CONFLICT = 409


class Subscriptions:
    """
    :param client: a ``client.Client`` with tokens of the application
    """

    def __init__(self, client):
        self._client = client

    def ensure(self, arn, name):
        """Have all kinds delivered to a queue; what is there already is left alone.

        :param arn: of the queue, such as ``arn:aws:sqs:eu-west-1:1:orders``
        :param name: of the destination, for those who look at it in Amazon
        :return: (kinds that were subscribed now, kinds that go somewhere else)
        """
        destination = self._destination(arn, name)
        made, elsewhere = [], []
        for kind in notifications.SUBSCRIBED:
            found = self._find(kind)
            if found is None:
                found = self._subscribe(kind, destination)
                made.append(kind)
            if found != destination:
                elsewhere.append(kind)
        return made, elsewhere

    def _destination(self, arn, name):
        if found := self._find_destination(arn):
            return found
        body = {"name": name, "resourceSpecification": {"sqs": {"arn": arn}}}
        try:
            answer = self._client.call("createDestination", body)
        except Refused as error:
            # somebody else may have made it just now: another worker of ours
            if error.status != CONFLICT or not (found := self._find_destination(arn)):
                raise
            return found
        return JsonValue(answer)["payload"]["destinationId"].text()

    def _find_destination(self, arn):
        answer = self._client.call("getDestinations")
        for each in JsonValue(answer)["payload"].items():
            queue = each["resource"].get("sqs")
            if queue and queue["arn"].text() == arn:
                return each["destinationId"].text()
        return None

    def _find(self, kind):
        """:return: the destination of the seller's subscription, None without one"""
        try:
            answer = self._client.call("getSubscription", notificationType=kind)
        except NotFound:
            return None
        payload = JsonValue(answer).get("payload")
        return payload["destinationId"].text() if payload else None

    def _subscribe(self, kind, destination):
        """:return: where it goes: somebody else may have made one just now"""
        body = notifications.subscription(kind, destination)
        try:
            self._client.call("createSubscription", body, notificationType=kind)
        except Refused as error:
            if error.status != CONFLICT:
                raise
            return self._find(kind)
        return destination
