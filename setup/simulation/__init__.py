"""A distributor in miniature that tries to make the addons oversell or lose something.

``setup/simulate`` is its front. No file here imports odoo: Odoo is spoken to over its
RPC, and judged by SQL and by the shops' own order books.
"""
