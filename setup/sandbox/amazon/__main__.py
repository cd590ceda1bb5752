"""Start a sandbox seller account from a command line.

python -m sandbox.amazon --port 9300 --seed seed.json --compress 60 --shoppers 2
"""

import sys
from pathlib import Path

if __package__ in (None, ""):
    # Started as a script: make the package known under its own name.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sandbox.amazon import Config, Sandbox
from sandbox.common import running


def parser():
    result = running.parser("amazon", __doc__, 9300)
    add = result.add_argument
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
    add("--applies", type=float, help="seconds that a number takes at the most")
    add("--rate-factor", type=float, default=1.0, help="by what rates are multiplied")
    add("--rule", action="append", default=[], help="NAME=RATE, as 0 or 1")
    return result


def main(arguments=None):
    options = parser().parse_args(arguments)
    more = {}
    if options.applies is not None:
        more["apply_seconds"] = (min(1, options.applies), options.applies)
    config = Config(
        **more,
        rate_factor=options.rate_factor,
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
    running.run([(config.shop_name, shop)], options)


if __name__ == "__main__":
    main()
