"""Start Odoo. ``python -m odoo`` cannot: in prefork mode Odoo starts its second server
(for the bus) by calling its own script once more, which a module is not."""

from odoo.cli.command import main

if __name__ == "__main__":
    main()
