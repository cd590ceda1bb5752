"""About forty rules over kinds and scopes, made as a person would: by the ORM."""

import datetime

# What many have. The others cost more and are for few: --rules all adds them.
ALWAYS = datetime.datetime(2000, 1, 1), datetime.datetime(2099, 1, 1)


SETS = ("common", "protect", "all")
AIMS = {"common": "<= 3", "protect": "<= 3.5", "all": "<= 7"}
"""Of a full plan, times of the bare SQL's."""


def make_rules(env, chosen):
    """Make the rules, and activate them.

    :param chosen: one of ``SETS``: what many have; a risk buffer on every channel and
        nothing else, which is what *Protect* makes; or also the costly ones: exclusive
        allocation of some products, risk buffers, rules for single warehouses,
        backorders within a horizon
    """
    wanted = []
    if chosen == "protect":
        wanted = [("risk", 2, {"channel_id": each.id}) for each in _channels(env)]
    else:
        wanted += _common_rules(env)
    if chosen == "all":
        wanted += _costly_rules(env)
    rules = env["channel.rule"].create(
        [{"kind": kind, "value": value, **terms} for kind, value, terms in wanted]
    )
    rules.action_activate()


def _common_rules(env):
    """Yield (kind, value, scope and other terms)."""
    channels = _channels(env)
    yield "fixed", 1, {}
    yield "percent", 5, {}
    yield "threshold", 2, {}
    yield "cap", 999, {}
    for number, channel in enumerate(channels):
        yield "fixed", 1 + number % 3, {"channel_id": channel.id}
        yield "cap", 300 + 50 * number, {"channel_id": channel.id}
    yield "share", 80, {"channel_id": channels[0].id}
    for number, channel in enumerate(channels[:2]):
        yield "backorder", 20 + number, {"node_id": channel.node_ids[:1].id}
    yield from _category_rules(env, channels)
    for number, tag in enumerate(_tags(env)):
        yield "fixed", 4 + number, {"tag_id": tag.id}
    yield from _narrow_rules(env)


def _category_rules(env, channels):
    categories = env["product.category"].search([("name", "=like", "Bench%")])
    leaves = categories.filtered(lambda each: not each.child_id)
    branches = leaves.parent_id
    for number, branch in enumerate(branches):
        yield "percent", 5 + number, {"categ_id": branch.id}
    yield "cover", 2, {"categ_id": branches[0].id}
    for number, leaf in enumerate(leaves[:5]):
        yield "fixed", 2 + number % 4, {"categ_id": leaf.id}
        channel = channels[number % len(channels)]
        scope = {"categ_id": leaf.id, "channel_id": channel.id}
        yield "threshold", 1 + number % 3, scope
    # a season that is now
    season = dict(zip(("valid_from", "valid_until"), ALWAYS, strict=True))
    yield "percent", 15, {"categ_id": leaves[5].id, **season}


def _narrow_rules(env):
    products = env["product.product"].search(
        [("default_code", "=like", "BENCH-%")], limit=30, order="id"
    )
    for number, product in enumerate(products[:3]):
        yield "fixed", 3 + number, {"product_tmpl_id": product.product_tmpl_id.id}
    for number, product in enumerate(products[10:13]):
        yield "cap", 10 + number, {"product_id": product.id}
    listings = env["channel.listing"].search(
        [("product_id", "in", products[20:24].ids)], limit=4, order="id"
    )
    for listing in listings[:3]:
        yield "percent", 50, {"listing_id": listing.id}
    for listing in listings[3:]:
        frozen = {"reason": "photo session", "valid_until": ALWAYS[1]}
        yield "freeze", 7, {"listing_id": listing.id, **frozen}


def _costly_rules(env):
    channels = _channels(env)
    # who shares exclusively has the same warehouses
    channels[1].node_ids.warehouse_ids = channels[0].node_ids.warehouse_ids
    group = env["channel.allocation.group"].create(
        {
            "name": "Bench",
            "member_ids": [
                (0, 0, {"channel_id": channel.id}) for channel in channels[:2]
            ],
        }
    )
    group.action_activate()
    tags = _tags(env)
    yield "exclusive", 20, {"tag_id": tags[-1].id, "allocation_group_id": group.id}
    yield "risk", 2, {"channel_id": channels[-1].id}
    warehouses = env["stock.warehouse"].search([("name", "=like", "Bench %")])
    for warehouse in warehouses[:2]:
        yield "fixed", 2, {"warehouse_id": warehouse.id}
    dated = {"horizon_days": 14, "lead_days": 1}
    yield "backorder", 30, {"node_id": channels[-1].node_ids[:1].id, **dated}


def _channels(env):
    return env["channel.channel"].search([("name", "=like", "Bench %")], order="id")


def _tags(env):
    return env["product.tag"].search([("name", "=like", "Bench %")], order="id")
