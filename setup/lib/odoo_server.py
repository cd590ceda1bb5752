"""Start Odoo. ``python -m odoo`` cannot: in prefork mode Odoo starts its second server
(for the bus) by calling its own script once more, which a module is not."""

import logging
import os
import sys

from odoo.cli.command import main

if __name__ == "__main__":
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    # Six processes that each take their models apart object by object would need
    # seconds to end, on a machine of two cores.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)
