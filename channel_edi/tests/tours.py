# SPDX-License-Identifier: AGPL-3.0-or-later
"""Screens of trading partners in a browser, for this addon and those on top of it."""

SECONDS = 300
"""So long a newcomer may take at the most; the browser is as fast as its screens."""


class TourSetup:
    """Mixed into cases that are an ``HttpCase``."""

    @classmethod
    def build_assets(cls):
        """The first visit builds them, which a browser on a busy machine gives up
        on."""
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        for bundle in ("web.assets_web", "web.assets_tests"):
            assets = cls.env["ir.qweb"]._get_asset_bundle(
                bundle, css=True, js=True, debug_assets=False
            )
            assets.js()
            assets.css()

    def tour(self, name, login="channel_operator", url="/odoo/channels"):
        self.env.flush_all()
        self.start_tour(url, name, login=login, timeout=SECONDS)
        self.env.invalidate_all()
