"""About forty rules over kinds and scopes, made as a person would: by the ORM."""


def make_rules(env):
    """Make the rules that this version of the suite knows, and activate them."""
    model = env["channel.rule"]
    kinds = dict(model._fields["kind"].selection)
    wanted = [
        {"kind": kind, "value": value, **scope}
        for kind, value, scope in _rules(env)
        if kind in kinds and scope.keys() <= model._fields.keys()
    ]
    rules = model.create(wanted)
    if hasattr(rules, "action_activate"):
        rules.action_activate()
    return rules


def _rules(env):
    """Yield (kind, value, scope)."""
    channels = env["channel.channel"].search([("name", "=like", "Bench %")], order="id")
    categories = env["product.category"].search([("name", "=like", "Bench%")])
    leaves = categories.filtered(lambda each: not each.child_id)
    branches = leaves.parent_id
    tags = env["product.tag"].search([("name", "=like", "Bench %")], order="id")
    yield "fixed", 1, {}
    yield "percent", 5, {}
    yield "threshold", 2, {}
    yield "cap", 999, {}
    for number, channel in enumerate(channels):
        yield "fixed", 1 + number % 3, {"channel_id": channel.id}
        yield "cap", 300 + 50 * number, {"channel_id": channel.id}
    for number, channel in enumerate(channels[:2]):
        yield "backorder", 20 + number, {"node_id": channel.node_ids[:1].id}
    for number, branch in enumerate(branches):
        yield "percent", 5 + number, {"categ_id": branch.id}
    for number, leaf in enumerate(leaves[:6]):
        yield "fixed", 2 + number % 4, {"categ_id": leaf.id}
        yield (
            "threshold",
            1 + number % 3,
            {"categ_id": leaf.id, "channel_id": channels[number % len(channels)].id},
        )
    for number, tag in enumerate(tags):
        yield "fixed", 4 + number, {"tag_id": tag.id}
    yield from _narrow_rules(env, channels)


def _narrow_rules(env, channels):
    products = env["product.product"].search(
        [("default_code", "=like", "BENCH-%")], limit=40, order="id"
    )
    for number, product in enumerate(products[:3]):
        scope = {"product_tmpl_id": product.product_tmpl_id.id}
        yield "fixed", 3 + number, scope
    for number, product in enumerate(products[10:13]):
        yield "cap", 10 + number, {"product_id": product.id}
    listings = env["channel.listing"].search(
        [("product_id", "in", products[20:23].ids)], limit=3, order="id"
    )
    for listing in listings:
        yield "percent", 50, {"listing_id": listing.id}
