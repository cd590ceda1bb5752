"""How fast the API answers: 500 SKUs at a time, one SKU as often as can be, holds.

Odoo as an administrator runs it, prefork, with a database that has as many SKUs as are
said; the callers are processes of their own on the same machine, and compete with it.
"""

import contextlib
import datetime
import http.client
import json
import multiprocessing
import os
import shutil
import time
from urllib.parse import urlencode

import databases

DESCRIPTION = (
    "Measure the API over HTTP: availability of 500 SKUs (p95), requests of one SKU a"
    " second, holds a second."
)
AIM_MS, AIM_RATE = 50.0, 200.0
BATCH = 500
PREFIX = "/channel/api/v1"


def add_arguments(parser):
    parser.add_argument("--skus", type=int, default=5000, metavar="N")
    parser.add_argument("--requests", type=int, default=200, help="of 500 SKUs")
    parser.add_argument("--seconds", type=float, default=15, help="each kind of load")
    parser.add_argument("--callers", type=int, default=4, help="at once")
    parser.add_argument("--workers", type=int, default=4, help="Odoo's")


def main(options, env):
    name = f"channel_bench_{os.getpid()}_api"
    folder = databases.checkout_folder() / "api"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        template = databases.ensure_template(env, log=_say)
        stack.callback(databases.drop, env, name)
        databases.clone(env, template, name)
        token = seed(env, name, options.skus)
        server = stack.enter_context(_server(env, folder, name, options.workers))
        host = server.url.removeprefix("http://")
        result = _measure(options, host, token)
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"at": now.isoformat(timespec="seconds"), **result}


def _server(env, folder, name, workers):
    from demo.processes import free_ports
    from simulation.server import Server
    from simulation.sql import Sql

    sql, ports = Sql(env, name), free_ports(2)
    return Server(env, folder, sql, ports, "bench", workers, databases.job_channels())


def seed(env, name, skus):
    """A channel whose numbers are published. :return: a key"""
    from .session import Session

    session = Session(env, {}, log=_say)
    with session.odoo(name) as odoo:
        warehouse = odoo["stock.warehouse"].search([], limit=1)
        channel = odoo["channel.channel"].create(
            {
                "name": "Bench",
                "channel_type": "api",
                "state": "live",
                "connection_state": "ok",
                "home_database": odoo["channel.channel"]._database_name(),
                "node_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "Main",
                            "external_id": "main",
                            "warehouse_ids": [(6, 0, warehouse.ids)],
                        },
                    )
                ],
            }
        )
        products = odoo["product.product"].create(
            [
                {
                    "name": f"Item {number}",
                    "default_code": f"S{number:05}",
                    "is_storable": True,
                }
                for number in range(skus)
            ]
        )
        odoo["stock.quant"].create(
            [
                {
                    "product_id": product.id,
                    "location_id": warehouse.lot_stock_id.id,
                    "quantity": 1_000_000,
                }
                for product in products
            ]
        )
        odoo["channel.listing"].create(
            [
                {
                    "channel_id": channel.id,
                    "external_id": product.default_code,
                    "stock_ref": product.default_code,
                    "sku": product.default_code,
                    "product_id": product.id,
                    "state": "mapped",
                }
                for product in products
            ]
        )
        values = {"name": "Bench", "rate": 10000, "may_read": True, "may_hold": True}
        _key, token = odoo["channel.api.key"]._make(channel, values, 1)
        channel_id = channel.id
    with session.odoo(name) as odoo:
        odoo["channel.planner"]._run()
    with session.odoo(name) as odoo:
        channel = odoo["channel.channel"].browse(channel_id)
        odoo["channel.publisher"]._run(channel)
    with session.sql(name) as cursor:
        cursor.execute("SELECT count(*) FROM channel_api_level")
        [[count]] = cursor.fetchall()
        cursor.execute("ANALYZE")
    session.close(name)
    _say(f"seed  {count:,} numbers are published")
    return token


# ---------------------------------------------------------------- measure
def _measure(options, host, token):
    batch = [f"S{number:05}" for number in range(min(BATCH, options.skus))]
    path = f"{PREFIX}/availability?{urlencode([('sku', sku) for sku in batch])}"
    for _warm in range(3 * options.workers):
        _ask(host, token, "GET", path)
    _say(f"ask   {options.requests} times for {len(batch)} SKUs")
    times, size = [], 0
    for _each in range(options.requests):
        began = time.perf_counter()
        status, body, _tag = _ask(host, token, "GET", path)
        times.append(time.perf_counter() - began)
        size = len(body)
        assert status == 200, body[:300]
    _status, _body, tag = _ask(host, token, "GET", path)
    unchanged = []
    for _each in range(50):
        began = time.perf_counter()
        status, body, _tag = _ask(host, token, "GET", path, tag=tag)
        unchanged.append(time.perf_counter() - began)
        assert status == 304, status
    one = _load(options, host, token, "one")
    holds = _load(options, host, token, "hold")
    return {
        "skus": options.skus,
        "workers": options.workers,
        "callers": options.callers,
        "processors": os.cpu_count(),
        "load_before": os.getloadavg()[1],
        "batch": len(batch),
        "batch_bytes": size,
        "batch_ms": _spread(times),
        "unchanged_ms": _spread(unchanged),
        "one": one,
        "holds": holds,
    }


def _spread(times):
    times = sorted(1000 * each for each in times)
    return {
        "median": round(times[len(times) // 2], 1),
        "p95": round(times[int(len(times) * 0.95)], 1),
        "max": round(times[-1], 1),
    }


def _load(options, host, token, kind):
    """So many callers, each as fast as it is answered."""
    _say(f"load  {kind}: {options.callers} callers, {options.seconds:g} s")
    queue = multiprocessing.Queue()
    callers = [
        multiprocessing.Process(
            target=_call, args=(queue, host, token, kind, number, options)
        )
        for number in range(options.callers)
    ]
    for each in callers:
        each.start()
    found = [queue.get() for _each in callers]
    for each in callers:
        each.join()
    times = [one for times, _wrong in found for one in times]
    return {
        "a_second": round(len(times) / options.seconds, 1),
        "ms": _spread(times),
        "wrong": sum(wrong for _times, wrong in found),
    }


def _call(queue, host, token, kind, caller, options):
    times, wrong, number = [], 0, 0
    end = time.perf_counter() + options.seconds
    while time.perf_counter() < end:
        number += 1
        sku = f"S{(caller * 997 + number * 31) % options.skus:05}"
        began = time.perf_counter()
        if kind == "one":
            path = f"{PREFIX}/availability?sku={sku}"
            status, _body, _tag = _ask(host, token, "GET", path)
        else:
            body = {
                "reference": f"h-{caller}-{number}",
                "ttl": 600,
                "lines": [{"sku": sku, "quantity": 1}],
            }
            status, _body, _tag = _ask(host, token, "POST", f"{PREFIX}/holds", body)
        times.append(time.perf_counter() - began)
        wrong += status not in (200, 201)
    queue.put((times, wrong))


def _ask(host, token, method, path, body=None, tag=None):
    """:return: (status, body, ETag)"""
    headers = {"Authorization": f"Bearer {token}"}
    if body is not None:
        body = json.dumps(body)
        headers["Content-Type"] = "application/json"
    if tag:
        headers["If-None-Match"] = tag
    with contextlib.closing(http.client.HTTPConnection(host, timeout=60)) as line:
        line.request(method, path, body, headers)
        answer = line.getresponse()
        return answer.status, answer.read(), answer.headers["ETag"]


def show(result):
    batch, one, holds = result["batch_ms"], result["one"], result["holds"]
    yield "| request | median | p95 | a second |"
    yield "| --- | ---: | ---: | ---: |"
    yield (
        f"| availability of {result['batch']} SKUs, one after the other"
        f" | {batch['median']} ms | {batch['p95']} ms | |"
    )
    unchanged = result["unchanged_ms"]
    yield (
        f"| the same, unchanged (`304`) | {unchanged['median']} ms"
        f" | {unchanged['p95']} ms | |"
    )
    yield (
        f"| availability of one SKU, {result['callers']} callers"
        f" | {one['ms']['median']} ms | {one['ms']['p95']} ms | {one['a_second']} |"
    )
    yield (
        f"| a hold of one SKU, {result['callers']} callers"
        f" | {holds['ms']['median']} ms | {holds['ms']['p95']} ms"
        f" | {holds['a_second']} |"
    )
    yield ""
    yield (
        f"{result['skus']:,} SKUs, {result['workers']} workers of Odoo,"
        f" {result['processors']} processors, which the callers use as well; load of"
        f" the machine when it was measured: {result['load_before']:.1f}."
    )


def failures(result):
    for name in ("one", "holds"):
        if result[name]["wrong"]:
            yield f"{result[name]['wrong']} requests ({name}) were not answered well"


def _say(message):
    import sys

    print(f"{time.strftime('%H:%M:%S')}  {message}", file=sys.stderr, flush=True)
