from odoo import models


class ChannelOrder(models.Model):
    """Which warehouse ships what."""

    _inherit = "channel.order"

    def _route(self, data, wanted):
        """Decide where each line is held, and reserved later.

        :param data: schemas.OrderData
        :param wanted: line -> sold units to ship, more than none
        :return: line -> list of (warehouse, sold units)
        """
        warehouses = {}
        for node in {line.node_id for line in wanted}:
            warehouses[node] = self._route_warehouse(node)
        return {
            line: [(warehouses[line.node_id], quantity)]
            for line, quantity in wanted.items()
            if warehouses[line.node_id]
        }
