"""The load of a peer pool: questions at random moments, each with a deadline, and the figures that come of it.

A peer is a module with `async def open_pool(spec)` that returns `async def ask(messages) -> str`; what that raises counts as not
answered. At most `max_in_flight` questions are asked at a time, the others wait for their turn within their deadline: so the
replaced service does it. The spec comes as JSON on standard input (bench/llm/spec.js); `begin` and `end` are printed around what is
measured, and the figures, as JSON, last.
"""
import asyncio
import importlib
import json
import logging
import random
import resource
import sys
import time


def percentiles(values):
    ordered = sorted(values)
    at = lambda share: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1) if ordered else None
    return {"p50": at(0.5), "p95": at(0.95), "p99": at(0.99)}


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def main():
    spec = json.load(sys.stdin)
    logging.disable(logging.CRITICAL)
    ask = await importlib.import_module(sys.argv[1]).open_pool(spec)
    places = asyncio.Semaphore(spec["max_in_flight"])
    deadline = spec["deadline_ms"] / 1000
    measured, tasks = [], set()
    draw = random.Random(1)

    async def question(record):
        started = time.monotonic()
        try:
            async with asyncio.timeout(deadline):
                async with places:
                    record["answer"] = bool(await ask(spec["messages"]))
        except Exception as error:
            record["reason"] = type(error).__name__
        record["ms"] = (time.monotonic() - started) * 1000

    started = time.monotonic()
    begin = started + spec["warmup_seconds"]
    end = begin + spec["seconds"]
    due, measuring, cpu = started, False, 0.0
    while due < end:
        await asyncio.sleep(max(0, due - time.monotonic()))
        if not measuring and time.monotonic() >= begin:
            measuring, cpu = True, cpu_seconds()
            print("begin", flush=True)
        record = {}
        if measuring:
            measured.append(record)
        task = asyncio.create_task(question(record))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        due += draw.expovariate(spec["per_second"])
    await asyncio.sleep(max(0, end - time.monotonic()))
    print("end", flush=True)
    cpu = cpu_seconds() - cpu
    await asyncio.sleep(deadline + 2)
    answered = [r for r in measured if r.get("answer")]
    replied = [r for r in measured if "ms" in r]
    reasons = {}
    for record in replied:
        if not record.get("answer"):
            reason = record.get("reason", "empty")
            reasons[reason] = reasons.get(reason, 0) + 1
    print(json.dumps({
        "asked": len(measured),
        "answered": len(answered),
        "lost": len(measured) - len(replied),
        "late": sum(r["ms"] > spec["deadline_ms"] + 50 for r in replied),
        "reasons": reasons,
        "reply_ms": percentiles([r["ms"] for r in replied]),
        "answer_ms": percentiles([r["ms"] for r in answered]),
        "cpu_s": round(cpu, 2),
    }), flush=True)


asyncio.run(main())
