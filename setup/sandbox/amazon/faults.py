"""The faults of the wire that this account can play; ``rules`` has what Amazon does."""

KINDS = {
    "timeout_before_commit": "nothing happens and no answer is ever sent",
    "timeout_after_commit": "the work is done, but no answer is ever sent",
    "reset_before_commit": "the connection breaks before anything happens",
    "reset_after_commit": "the work is done, then the connection breaks",
    "http_500": "InternalFailure, nothing done",
    "http_502": "bad gateway in HTML, nothing done",
    "http_503": "ServiceUnavailable, nothing done",
    "http_500_after_commit": "the work is done, the answer says it failed",
    "http_429": "QuotaExceeded although the bucket is not empty, nothing done",
    "unauthorized": "403 as with an expired token, nothing done",
    "html": "an HTML page with status 200 instead of JSON, work done",
    "truncated": "the JSON of the answer breaks off half way, work done",
    "slow": "the answer takes ``seconds``",
}
