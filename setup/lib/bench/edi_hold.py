"""Orders of another partner, taken by a process of its own while a big file is read."""

import time

SECONDS_BETWEEN = 0.3


def run(conf, database, channel_id, mailbox_id, first, ready, stop, results):
    """Until ``stop``: a small 850, worked on as its job does it. Puts the seconds from
    the stored file to the committed hold of each into ``results``.

    :param first: number of the first one: what came before is known and costs nothing
    """
    from odoo.tools import config

    config.parse_config(["--config", conf, "--log-level=warn"])
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry

    from bench import edi_made

    registry = Registry(database)
    number = first
    while not stop.is_set():
        number += 1
        data = edi_made.orders("SHOP", 1, number)
        started = time.perf_counter()
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            mailbox = env["channel.edi.mailbox"].browse(mailbox_id)
            env["channel.edi.file"]._store(mailbox, f"{number}.edi", "bench", data)
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            channel = env["channel.channel"].browse(channel_id)
            env["channel.edi.worker"]._run(channel)
        seconds = time.perf_counter() - started
        held = _count_holds(registry, channel_id, f"P{number}-0")
        if ready.is_set():
            results.put((seconds, held))
        # what is loaded for the first time is no order's
        ready.set()
        time.sleep(SECONDS_BETWEEN)
    results.put(None)


def _count_holds(registry, channel_id, name):
    with registry.cursor() as cr:
        cr.execute(
            "SELECT count(*) FROM channel_hold held"
            " JOIN channel_order_line line ON line.id = held.order_line_id"
            " JOIN channel_order known ON known.id = line.order_id"
            " WHERE known.channel_id = %s AND known.name = %s",
            [channel_id, name],
        )
        return cr.fetchone()[0]
