"""Bulk queries."""

from .. import bulk
from ..resolver import Record, View
from ..views.misc import BulkOperation
from .common import user_error


class BulkMutations(View):
    def bulk_operation_run_query(self, query, group_objects=False):
        kind = "BulkOperationRunQueryPayload"
        try:
            record = bulk.start(self._ctx, query, group_objects)
        except bulk.BulkError as error:
            entry = user_error(
                str(error), ["query"], "BulkOperationUserError", code=error.code
            )
            return Record(kind, userErrors=[entry])
        return Record(
            kind, bulkOperation=BulkOperation(record, self._ctx), userErrors=[]
        )
