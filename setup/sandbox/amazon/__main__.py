"""Start a sandbox seller account from a command line.

python -m sandbox.amazon --port 9300 --seed seed.json --compress 60 --shoppers 2
"""

import argparse
import sys
from pathlib import Path

if __package__ in (None, ""):
    # Started as a script: make the package known under its own name.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sandbox.amazon import Config, Sandbox
from sandbox.common.running import run


def parser():
    result = argparse.ArgumentParser("sandbox.amazon", description=__doc__)
    result.formatter_class = argparse.RawDescriptionHelpFormatter
    add = result.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=9300, help="0 takes a free one")
    add("--seed", help="JSON file with products")
    add("--name", default=Config.shop_name)
    add("--currency", help="what every marketplace sells in, instead of its own")
    add("--seller", default=Config.seller_id)
    add("--region", default=Config.region, choices=("eu", "na", "fe"))
    add("--marketplace", action="append", help="may be given more than once")
    add("--client-id", default=Config.client_id)
    add("--client-secret", default=Config.client_secret)
    add("--refresh-token", default=Config.refresh_token)
    add("--compress", type=float, default=1.0, help="by what hours and days shrink")
    add("--blind", type=float, default=Config.blind_seconds, help="of the search")
    add("--rule", action="append", default=[], help="NAME=RATE, as 0 or 1")
    add("--shoppers", type=int, default=0, help="how many shoppers buy")
    add("--rate", type=float, default=6.0, help="orders a minute, all shoppers")
    add("--random-seed", type=int, default=1)
    return result


def main(arguments=None):
    options = parser().parse_args(arguments)
    config = Config(
        shop_name=options.name,
        currency=options.currency,
        seller_id=options.seller,
        region=options.region,
        marketplaces=tuple(options.marketplace or ()),
        client_id=options.client_id,
        client_secret=options.client_secret,
        refresh_token=options.refresh_token,
        compress=options.compress,
        blind_seconds=options.blind,
        random_seed=options.random_seed,
    )
    try:
        shop = Sandbox(config, options.seed, options.host, options.port)
        for rule in options.rule:
            name, _equals, rate = rule.partition("=")
            shop.rules.set(**{name: float(rate)})
    except (OSError, ValueError) as error:
        sys.exit(f"sandbox: {error}")
    run([(config.shop_name, shop)], options)


if __name__ == "__main__":
    main()
