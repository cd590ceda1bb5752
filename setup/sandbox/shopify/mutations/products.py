"""Changing variants: of what the real mutation takes, the inventory policy."""

from ..errors import NotInSandbox
from ..resolver import Record, View
from ..views.catalog import ProductVariant
from .common import check_size, lookup, user_error

KIND = "ProductVariantsBulkUpdatePayload"
KNOWN = {"id", "inventoryPolicy"}


class ProductMutations(View):
    def product_variants_bulk_update(
        self, product_id, variants, media=None, allow_partial_updates=False
    ):
        """All or nothing, unless partial updates are allowed."""
        check_size(variants, "productVariantsBulkUpdate", "variants")
        store = self._ctx.store
        with store.transaction():
            if lookup(store.products, product_id, "Product") is None:
                words = "Product does not exist"
                return _answer(
                    [], [_error(words, ["productId"], "PRODUCT_DOES_NOT_EXIST")]
                )
            found, errors = [], []
            for place, values in enumerate(variants):
                if set(values) - KNOWN:
                    raise NotInSandbox(
                        f"productVariantsBulkUpdate({set(values) - KNOWN})"
                    )
                variant = lookup(store.variants, values["id"], "ProductVariant")
                if variant is None or variant.product.gid != product_id:
                    path = ["variants", str(place), "id"]
                    words = "Product variant does not exist"
                    errors.append(_error(words, path, "PRODUCT_VARIANT_DOES_NOT_EXIST"))
                else:
                    found.append((variant, values))
            if errors and not allow_partial_updates:
                return _answer([], errors)
            for variant, values in found:
                variant.policy = values.get("inventoryPolicy") or variant.policy
                variant.updated_at = store.clock.now()
            views = [ProductVariant(variant, self._ctx) for variant, _values in found]
        return _answer(views, errors)


def _answer(variants, errors):
    return Record(KIND, productVariants=variants, userErrors=errors)


def _error(message, path, code):
    return user_error(message, path, "ProductVariantsBulkUpdateUserError", code=code)
