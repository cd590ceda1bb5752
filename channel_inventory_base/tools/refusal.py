"""Why a channel order does not become a sale order. No odoo in here."""


class OrderRefusedError(Exception):
    """An order must not be sold as it stands; a person has to act.

    :param category: a category of ``channel.exception``
    :param message: what happened, with the figures
    :param suggestion: what to do next
    """

    def __init__(self, category, message, suggestion=""):
        super().__init__(message)
        self.category = category
        self.message = message
        self.suggestion = suggestion


class OrderParkedError(Exception):
    """An order waits, for stock or for the channel, and nobody need decide anything.

    :param message: what it waits for
    :param seconds: after which it is looked at again by itself; None for never
    """

    def __init__(self, message, seconds=None):
        super().__init__(message)
        self.message = message
        self.seconds = seconds
