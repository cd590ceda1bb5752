import time

from odoo import api, models

from odoo.addons.channel_inventory_base import exceptions, schemas

from .. import errors, mapper, queries

BULK_FROM = 5000
"""Variants from which on a bulk operation is quicker than pages of 240."""
PATIENCE = 9
"""Seconds that a job waits for a bulk operation; it then comes back later."""
POLL = 3
BULK_AGE = 1800
RETRY = 30
CHUNK = 500


class ChannelAdapterShopify(models.AbstractModel):
    """What the shop sells, and where."""

    _inherit = "channel.adapter.shopify"

    @api.model
    def _fetch_nodes(self, channel):
        with self._connected(channel) as client:
            return [
                schemas.load(schemas.NodeData, mapper.node(raw))
                for page in self._pages(client, queries.LOCATIONS, "locations")
                for raw in page
            ]

    def _pages(self, client, document, field):
        """Yield the raw nodes of a connection, a page at a time."""
        cursor, seen = None, set()
        while cursor != "":
            if cursor in seen:
                raise errors.Unavailable(
                    "the same page comes again and again", code="SAME_PAGE"
                )
            seen.add(cursor)
            data = client.execute(document, {"after": cursor})
            cursor = mapper.page_info(data[field])
            yield data[field]["nodes"]

    @api.model
    def _iter_listings(self, channel):
        with self._connected(channel) as client:
            count = client.execute(queries.VARIANT_COUNT)["productVariantsCount"]
            if count["count"] >= BULK_FROM:
                pages = self._bulk_pages(channel, client)
            else:
                pages = self._pages(client, queries.VARIANTS, "productVariants")
            for page in pages:
                yield [
                    schemas.load(schemas.ListingData, mapper.listing(raw))
                    for raw in page
                ]

    # ---------------------------------------------------------------- bulk
    def _bulk_pages(self, channel, client):
        """Variants by a bulk operation: no page limits, one request's points.

        The operation outlives the job that started it: its id is kept, and whoever
        comes back goes on waiting for it.
        """
        operation = self._bulk_result(channel, client)
        chunk, count = [], 0
        for raw in client.stream_lines(operation["url"]) if operation["url"] else ():
            chunk.append(raw)
            count += 1
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
        self._check_complete(operation, count)
        yield chunk
        self._forget_bulk(channel)

    def _check_complete(self, operation, count):
        """A file that breaks off looks like a shop that sells less."""
        if count != int(operation["objectCount"]):
            raise errors.Unavailable(
                f"the file has {count} of {operation['objectCount']} lines",
                code="BULK_INCOMPLETE",
            )

    def _bulk_result(self, channel, client):
        """The completed operation; waits for it as long as a job may."""
        state = channel._get_shared_state("bulk")
        # an older list would miss what has been added since
        fresh = state.get("started_at", 0) > time.time() - BULK_AGE
        bulk_id = state["id"] if fresh else self._start_bulk(channel, client)
        for _second in range(0, PATIENCE, POLL):
            operation = client.execute(queries.BULK_STATUS, {"id": bulk_id})
            operation = operation["bulkOperation"] or {"status": "EXPIRED"}
            if operation["status"] == "COMPLETED":
                return operation
            if operation["status"] not in ("CREATED", "RUNNING"):
                self._forget_bulk(channel)
                raise errors.Unavailable(
                    f"the bulk operation is {operation['status']}",
                    code=operation.get("errorCode") or operation["status"],
                )
            self._sleep(POLL)
        raise self._still_preparing()

    def _still_preparing(self):
        return exceptions.ThrottledError(
            self.env._("Shopify is still preparing the list of all variants."),
            code="BULK_RUNNING",
            retry_after=RETRY,
        )

    def _start_bulk(self, channel, client):
        variables = {"query": queries.BULK_VARIANTS}
        answer = client.execute(queries.BULK_START, variables)["bulkOperationRunQuery"]
        for error in answer["userErrors"]:
            if error["code"] in ("OPERATION_IN_PROGRESS", "LIMIT_REACHED"):
                raise self._still_preparing()
            raise errors.Refused(error["message"], code=error["code"])
        with channel._shared_state("bulk") as state:
            state.update(id=answer["bulkOperation"]["id"], started_at=time.time())
            return state["id"]

    def _forget_bulk(self, channel):
        with channel._shared_state("bulk") as state:
            state.clear()
