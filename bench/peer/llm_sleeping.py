"""A pool that sleeps on 429, after the service that Roadwatch replaces.

The key with the fewest calls in flight, of those that do not cool and have sent less than their limit in this second and this
minute; where there is none, a nap. A refused key cools for 10 s, doubled up to 120 s; the call sleeps, and tries again twice.
"""
import asyncio
import time

import aiohttp

NAP_S = 0.1
MIN_COOLDOWN_S, MAX_COOLDOWN_S = 10, 120
MAX_RETRIES = 2


class Key:
    def __init__(self, key):
        self.secret = key["secret"]
        self.url = key["baseUrl"] + "/chat/completions"
        # It knows no accounts: each key gets its part of what its account allows.
        self.per_second = key["per_second"] / key["keys_in_group"]
        self.in_flight, self.cold_until, self.refusals = 0, 0.0, 0
        self.second, self.sent_second, self.minute, self.sent_minute = 0, 0, 0, 0

    def ready(self, now):
        if now < self.cold_until:
            return False
        if int(now) != self.second:
            self.second, self.sent_second = int(now), 0
        if int(now / 60) != self.minute:
            self.minute, self.sent_minute = int(now / 60), 0
        return self.sent_second < self.per_second and self.sent_minute < self.per_second * 60

    def refused(self, now):
        self.cold_until = now + min(MAX_COOLDOWN_S, MIN_COOLDOWN_S * 2 ** self.refusals)
        self.refusals += 1


async def open_pool(spec):
    keys = [Key(key) for key in spec["keys"]]
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def acquire():
        while True:
            now = time.monotonic()
            ready = [key for key in keys if key.ready(now)]
            if ready:
                return min(ready, key=lambda key: key.in_flight)
            await asyncio.sleep(NAP_S)

    async def send(key, messages):
        key.sent_second += 1
        key.sent_minute += 1
        key.in_flight += 1
        try:
            body = {"model": "fake", "messages": messages, "response_format": {"type": "json_object"}}
            headers = {"Authorization": "Bearer " + key.secret}
            async with session.post(key.url, json=body, headers=headers) as response:
                return response.status, await response.json()
        finally:
            key.in_flight -= 1

    async def ask(messages):
        for attempt in range(MAX_RETRIES + 1):
            key = await acquire()
            status, body = await send(key, messages)
            if status == 200:
                key.refusals = 0
                return body["choices"][0]["message"]["content"]
            if status in (401, 429):
                key.refused(time.monotonic())
            if attempt < MAX_RETRIES:
                await asyncio.sleep(2 ** attempt)
        raise RuntimeError("status " + str(status))

    return ask
