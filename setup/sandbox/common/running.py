"""Shops that were started from a command line."""

import argparse
import json
import signal
import threading


def parser(name, description, port):
    """An ArgumentParser with what every shop takes."""
    result = argparse.ArgumentParser(f"sandbox.{name}", description=description)
    result.formatter_class = argparse.RawDescriptionHelpFormatter
    add = result.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=port, help="0 takes a free one")
    add("--seed", help="JSON file: the README has the format")
    add("--shoppers", type=int, default=0, help="how many shoppers buy")
    add("--rate", type=float, default=6.0, help="orders a minute, all shoppers")
    add("--random-seed", type=int, default=1)
    return result


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
