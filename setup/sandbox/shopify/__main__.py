"""Start sandbox stores from a command line.

One store:   python -m sandbox.shopify --port 9100 --seed seed.json
Several:     python -m sandbox.shopify --store a.myshopify.com=9101 \
                 --store b.myshopify.com=9102
"""

import sys
from pathlib import Path

if __package__ in (None, ""):
    # Started as a script: make the package known under its own name.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sandbox.common import running
from sandbox.shopify import Config, Sandbox
from sandbox.shopify.config import PLANS


def parser():
    result = running.parser("shopify", __doc__, 9100)
    add = result.add_argument
    add("--shop", default=Config.shop, help="the domain of the shop")
    add(
        "--store",
        action="append",
        metavar="DOMAIN=PORT[=SEED]",
        help="serve this store; may be repeated, replaces --shop and --port",
    )
    add("--schemas", help="folder of the published schemas")
    add("--currency", default=Config.currency)
    add("--plan", default=Config.plan, choices=sorted(PLANS))
    add("--client-id", default=Config.client_id)
    add("--client-secret", default=Config.client_secret)
    add("--access-token", default=Config.access_token, help="empty for none")
    add("--token-ttl", type=float, default=Config.token_ttl)
    add("--compliance-url", default="", help="where privacy webhooks go")
    add("--retry-window", type=float, default=60.0, help="seconds for all retries")
    return result


def build(options):
    """The sandboxes that the options ask for."""
    entries = options.store or [f"{options.shop}={options.port}"]
    result = []
    for entry in entries:
        shop, port, *seed = entry.split("=", 2)
        config = Config(
            shop=shop,
            currency=options.currency,
            plan=options.plan,
            client_id=options.client_id,
            client_secret=options.client_secret,
            access_token=options.access_token,
            token_ttl=options.token_ttl,
            compliance_url=options.compliance_url,
            webhook_retry_window=options.retry_window,
            random_seed=options.random_seed,
        )
        if options.schemas:
            config.schemas = options.schemas
        data = seed[0] if seed else options.seed
        result.append(Sandbox(config, data, options.host, int(port)))
    return result


def main(arguments=None):
    options = parser().parse_args(arguments)
    try:
        sandboxes = build(options)
    except (OSError, ValueError) as error:
        sys.exit(f"sandbox: {error}")
    running.run([(each.config.shop, each) for each in sandboxes], options)


if __name__ == "__main__":
    main()
