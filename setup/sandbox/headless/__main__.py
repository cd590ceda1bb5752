"""Start a headless shop from a command line.

python -m sandbox.headless --url http://127.0.0.1:8069 --key chk_... --shoppers 2
"""

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

if __package__ in (None, ""):
    # Started as a script: make the package known under its own name.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sandbox.headless import start


def parser():
    result = argparse.ArgumentParser("sandbox.headless", description=__doc__)
    result.formatter_class = argparse.RawDescriptionHelpFormatter
    add = result.add_argument
    add("--url", required=True, help="address of Odoo")
    add("--key", default=os.environ.get("CHANNEL_API_KEY"), help="or CHANNEL_API_KEY")
    add("--currency", default="USD")
    add("--prices", default="taxed", choices=("gross", "net", "taxed"))
    add("--hook-port", type=int, help="listen for webhooks there; 0 takes a free one")
    add("--hook-secret", default=os.environ.get("CHANNEL_API_SECRET", ""))
    add("--shoppers", type=int, default=0)
    add("--rate", type=float, default=6.0, help="orders a minute, all shoppers")
    add("--random-seed", type=int, default=1)
    return result


def main(arguments=None):
    options = parser().parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_args: stop.set())
    settings = {"currency": options.currency, "taxes": options.prices}
    with start(options.url, options.key, **settings) as shop:
        ready = {"ready": options.url, "shop": shop.name}
        if options.hook_port is not None:
            shop.hooks.secret = options.hook_secret
            ready["hooks"] = shop.hooks.listen(port=options.hook_port)
        shop.look()
        if options.shoppers:
            shop.shoppers.start(options.rate, options.shoppers, options.random_seed)
        print(json.dumps(ready), flush=True)
        stop.wait()
        states = [(order["told"] or {}).get("state") for order in shop.orders.values()]
        counts = {state: states.count(state) for state in sorted(set(map(str, states)))}
        print(json.dumps({"orders": counts, **shop.shoppers.counts}), flush=True)


if __name__ == "__main__":
    main()
