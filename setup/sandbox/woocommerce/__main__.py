"""Start a sandbox shop from a command line.

python -m sandbox.woocommerce --port 9200 --seed seed.json --companion
"""

import sys
from pathlib import Path

if __package__ in (None, ""):
    # Started as a script: make the package known under its own name.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sandbox.common import running
from sandbox.woocommerce import Config, Sandbox


def parser():
    result = running.parser("woocommerce", __doc__, 9200)
    add = result.add_argument
    add("--name", default=Config.shop_name)
    add("--currency", default=Config.currency)
    add("--consumer-key", default=Config.consumer_key)
    add("--consumer-secret", default=Config.consumer_secret)
    add("--companion", action="store_true", help="the companion plugin is active")
    add("--tls", action="store_true", help="https, with a certificate of its own")
    add("--plain-permalinks", action="store_true")
    add("--write-window", type=float, default=0.0, help="seconds a REST write takes")
    add("--cron-interval", type=float, default=1.0, help="seconds between WP-Cron")
    return result


def main(arguments=None):
    options = parser().parse_args(arguments)
    config = Config(
        shop_name=options.name,
        currency=options.currency,
        consumer_key=options.consumer_key,
        consumer_secret=options.consumer_secret,
        companion=options.companion,
        tls=options.tls,
        plain_permalinks=options.plain_permalinks,
        write_window=options.write_window,
        cron_interval=options.cron_interval,
        random_seed=options.random_seed,
    )
    try:
        shop = Sandbox(config, options.seed, options.host, options.port)
    except (OSError, ValueError) as error:
        sys.exit(f"sandbox: {error}")
    running.run([(config.shop_name, shop)], options)


if __name__ == "__main__":
    main()
