"""The faults that this store can play."""

KINDS = {
    "timeout_before_commit": "nothing happens and no answer is ever sent",
    "timeout_after_commit": "the work is done, but no answer is ever sent",
    "reset_before_commit": "the connection breaks before anything happens",
    "reset_after_commit": "the work is done, then the connection breaks",
    "http_500": "internal server error, nothing done",
    "http_502": "bad gateway, nothing done",
    "http_503": "service unavailable, nothing done",
    "http_500_after_commit": "the work is done, the answer says it failed",
    "http_429": "too many requests, with Retry-After",
    "http_430": "rejected as a security risk",
    "http_423": "shop is locked",
    "throttled": "THROTTLED in a 200 answer",
    "slow": "the answer takes ``seconds``",
    "slow_commit": "the change takes ``seconds``; its key is in progress meanwhile",
    "unauthorized": "401 as with an expired token",
    "truncated": "the JSON of the answer breaks off half way",
    "html": "an HTML page with status 200 instead of JSON",
    "stale_field_null": "stale errors do not say which entry",
    "internal_error": "INTERNAL_SERVER_ERROR in a 200 answer, nothing done",
}
