"""Shops that were started from a command line."""

import json
import signal
import threading


def run(shops, options):
    """Start shops, tell where they are, and stop them when the process is to end.

    :param shops: list of (name, sandbox)
    :param options: has shoppers, rate and random_seed
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_args: stop.set())
    for name, shop in shops:
        shop.start()
        if options.shoppers:
            shop.shoppers.start(options.rate, options.shoppers, options.random_seed)
        # One line of JSON for each: whoever started this reads it.
        print(json.dumps({"ready": shop.url, "shop": name}), flush=True)
    stop.wait()
    for _name, shop in shops:
        shop.stop()
