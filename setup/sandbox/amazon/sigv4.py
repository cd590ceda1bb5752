"""Checks AWS Signature Version 4 of a request (docs: "Signing AWS API requests")."""

import hashlib
import hmac
import re
import time
from datetime import datetime, timezone
from urllib.parse import quote

HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<date>\d{8})/(?P<region>[^/]+)/"
    r"(?P<service>[^/]+)/aws4_request, ?SignedHeaders=(?P<headers>[^,]+), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})$"
)
MINUTES_15 = 900


def problem(request, path, region, service, key_id, secret):
    """What is wrong: (``scope`` or ``signature``, words), or None."""
    found = HEADER.match(request.headers.get("Authorization", ""))
    stamp = request.headers.get("X-Amz-Date", "")
    if not found or not re.fullmatch(r"\d{8}T\d{6}Z", stamp):
        return "signature", "The request is not signed with Signature Version 4."
    moment = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    if abs(moment.timestamp() - time.time()) > MINUTES_15:
        return "signature", f"Signature expired: {stamp}"
    if found["key"] != key_id:
        return "signature", "The security token included in the request is invalid."
    if (found["region"], found["service"]) != (region, service):
        words = f"Credential should be scoped to {service} in {region}"
        return "scope", words
    names = found["headers"].split(";")
    if "host" not in names or "x-amz-date" not in names:
        return "signature", "Host and X-Amz-Date must be signed."
    wanted = _sign(secret, found, stamp, _canonical(request, path, names))
    if not hmac.compare_digest(wanted, found["signature"]):
        return "signature", "The request signature we calculated does not match."
    return None


def _canonical(request, path, names):
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in request.args.items(multi=True)
    )
    values = [f"{name}:{' '.join(request.headers[name].split())}\n" for name in names]
    return "\n".join(
        (
            request.method,
            quote(path, safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in pairs),
            "".join(values),
            ";".join(names),
            hashlib.sha256(request.get_data()).hexdigest(),
        )
    )


def _sign(secret, found, stamp, canonical):
    scope = f"{found['date']}/{found['region']}/{found['service']}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, digest))
    key = f"AWS4{secret}".encode()
    for part in (
        found["date"],
        found["region"],
        found["service"],
        "aws4_request",
        text,
    ):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()
