"""The faults that this shop can play."""

KINDS = {
    "timeout_before_commit": "nothing happens and no answer is ever sent",
    "timeout_after_commit": "the work is done, but no answer is ever sent",
    "reset_before_commit": "the connection breaks before anything happens",
    "reset_after_commit": "the work is done, then the connection breaks",
    "http_500": "a fatal error of PHP in JSON, nothing done",
    "http_502": "bad gateway, HTML, nothing done",
    "http_503": "maintenance page, HTML with Retry-After, nothing done",
    "http_500_after_commit": "the work is done, the answer says it failed",
    "http_429": "too many requests, of a firewall or host, with Retry-After",
    "firewall": "403 with an HTML page, nothing done",
    "html": "an HTML page with status 200 instead of JSON, work done",
    "notice": "PHP prints a warning before the JSON, work done",
    "comment": "a plugin leaves an HTML comment behind the JSON, work done",
    "bare_headers": "a proxy takes the X-WP headers out of the answer",
    "cached": "GETs are answered as at the first strike, whatever they ask, with Age",
    "cached_mute": "the same, and nothing tells that it comes from a cache",
    "truncated": "the JSON of the answer breaks off half way, work done",
    "slow": "the answer takes ``seconds``",
}
