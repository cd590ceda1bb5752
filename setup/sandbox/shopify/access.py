"""Which fields a token may read: the scopes of the published schema."""

from graphql import get_named_type

from .errors import access_denied
from .schema import Scopes

# Mutations whose scopes are missing in the published list.
MORE_FIELDS = {
    ("Mutation", "refundCreate"): Scopes(
        frozenset({"write_orders"}), "`write_orders` access scope."
    ),
    ("Mutation", "productVariantsBulkUpdate"): Scopes(
        frozenset({"write_products"}), "`write_products` access scope."
    ),
}


def granted(scopes):
    """The scopes of a token with what they imply: writing includes reading."""
    implied = {
        scope.replace("write_", "read_", 1)
        for scope in scopes
        if scope.startswith("write_")
    }
    return frozenset({*scopes, *implied})


class Access:
    """Checks fields for one set of scopes in one API version."""

    def __init__(self, api, scopes):
        self.api = api
        self.scopes = granted(scopes)
        self._known = {}

    def check(self, parent, field_name, return_type):
        key = (parent, field_name)
        if key not in self._known:
            self._known[key] = self._missing(key, return_type)
        if self._known[key]:
            raise access_denied(field_name, self._known[key])

    def check_type(self, name):
        """For objects found by id behind an abstract type."""
        needed = self.api.type_scopes.get(name)
        if needed and not needed.any_of & self.scopes:
            raise access_denied("node", needed)

    def _missing(self, key, return_type):
        """What is needed and not there, if anything."""
        name = get_named_type(return_type).name
        for suffix in ("Connection", "Edge"):
            name = name.removesuffix(suffix)
        for needed in (
            self.api.field_scopes.get(key) or MORE_FIELDS.get(key),
            self.api.type_scopes.get(name),
        ):
            if needed and not needed.any_of & self.scopes:
                return needed
        return None
