"""Kits against plain products."""


def measure(session, database, timings, how_many):
    with session.odoo(database) as env:
        module = env["ir.module.module"].search(
            [("name", "=", "channel_inventory_mrp"), ("state", "=", "installed")]
        )
        if not module:
            return {"notes": ["Kits: not measured, channel_inventory_mrp is missing."]}
    raise NotImplementedError
