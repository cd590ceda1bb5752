"""Start trading partners from a command line.

python -m sandbox.edi --port 9400 --sftp-port 9422 --seed seed.json --partner dock9
"""

import argparse
import sys
from pathlib import Path

if __package__ in (None, ""):
    # Started as a script: make the package known under its own name.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sandbox.common.running import run
from sandbox.edi import PARTNERS, Config, Sandbox


def parser():
    result = argparse.ArgumentParser("sandbox.edi", description=__doc__)
    result.formatter_class = argparse.RawDescriptionHelpFormatter
    add = result.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=9400, help="control API; 0 takes a free one")
    add("--sftp-port", type=int, default=9422, help="0 takes a free one")
    add("--seed", help="JSON file: {partner: goods and settings}")
    add("--partner", action="append", choices=sorted(PARTNERS), help="default: all")
    add("--compress", type=float, default=1.0, help="by what hours and days shrink")
    add("--fault", action="append", default=[], help="PARTNER.NAME=RATE")
    add("--tick", type=float, default=Config.tick, help="seconds between two looks")
    add("--random-seed", type=int, default=1)
    return result


def main(arguments=None):
    options = parser().parse_args(arguments)
    config = Config(tick=options.tick, random_seed=options.random_seed)
    try:
        sandbox = Sandbox(
            config,
            options.seed,
            options.partner,
            options.host,
            options.port,
            options.sftp_port,
            {"compress": options.compress},
        )
        for fault in options.fault:
            name, _equals, rate = fault.partition("=")
            partner, _dot, rule = name.partition(".")
            sandbox.partners[partner].rules.set(**{rule: float(rate)})
    except (OSError, KeyError, ValueError) as error:
        sys.exit(f"sandbox: {error}")
    options.shoppers = 0
    run([(config.shop_name, sandbox)], options)


if __name__ == "__main__":
    main()
