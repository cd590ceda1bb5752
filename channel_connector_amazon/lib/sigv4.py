# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed requests to AWS (Signature Version 4). No odoo in here."""

from datetime import datetime, timezone

import requests
from requests_aws4auth import AWS4Auth


def signed(method, url, body, headers, *, key, secret, region, service, now):
    """``headers`` with everything that proves who asks.

    :param body: bytes, as they are sent
    :param now: seconds since 1970; AWS takes five minutes of difference
    """
    moment = datetime.fromtimestamp(now, timezone.utc)
    headers = {**headers, "X-Amz-Date": moment.strftime("%Y%m%dT%H%M%SZ")}
    request = requests.Request(method, url, headers=headers, data=body).prepare()
    auth = AWS4Auth(key, secret, region, service, date=moment.strftime("%Y%m%d"))
    return dict(auth(request).headers)
