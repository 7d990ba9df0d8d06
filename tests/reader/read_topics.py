"""Reads topics of a Kafka cluster from their beginning and checks every record; prints one line of JSON.

    python read_topics.py --bootstrap HOST:PORT [--topics NAME…] [--expect NAME=COUNT…] [--seconds N] [--whole]

Without --expect it reads to where the topics end when it starts; with it, until so many different messages are there, at most
for --seconds. Ends with 0 where all is right, 1 where something is wrong, 2 where it could not read. See README.md.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from topic_check import DEAD_LETTERS, Message, Record, TopicCheck

SCHEMAS = Path(__file__).resolve().parent.parent.parent / "docs" / "schemas"
DETECTIONS, TASKS, RESULTS = "detection-results", "assessment-tasks", "risk-assessment-results"
# Answers take differently long, so results come in no order.
ORDERED = [DETECTIONS, TASKS]
POLL_MS = 200
# Between two looks whether more has come.
WAIT_SECONDS = 0.1
BOOTSTRAP_LIMIT_MS = 5000
REQUEST_LIMIT_MS = 10_000


class CannotRead(Exception):
    """The cluster, a topic or a schema is not there."""


def main() -> int:
    arguments = parse_arguments()
    try:
        report = check(arguments)
    except (CannotRead, KafkaError, OSError) as error:
        print(f"read_topics: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    print(json.dumps(report))
    return 0 if report["ok"] else 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Reads topics and checks every record.")
    parser.add_argument("--bootstrap", required=True, metavar="HOST:PORT")
    parser.add_argument("--topics", nargs="+", default=[DETECTIONS, TASKS, RESULTS], metavar="NAME")
    parser.add_argument("--ordered", nargs="*", default=ORDERED, metavar="NAME", help="in the order of captures")
    parser.add_argument("--expect", nargs="+", default=[], type=expectation, metavar="NAME=COUNT")
    parser.add_argument("--seconds", type=float, default=30, help="how long it may take")
    parser.add_argument("--schemas", type=Path, default=SCHEMAS, metavar="FOLDER")
    parser.add_argument(
        "--whole",
        action="store_true",
        help="every task is to have its detection and its result, and every result its task",
    )
    arguments = parser.parse_args()
    for name, _ in arguments.expect:
        if name not in arguments.topics:
            parser.error(f"--expect {name}: expected one of --topics")
    return arguments


def expectation(text: str) -> tuple[str, int]:
    name, _, count = text.rpartition("=")
    if name == "" or not count.isdecimal():
        raise argparse.ArgumentTypeError(f"expected NAME=COUNT, received {text!r}")
    return name, int(count)


def check(arguments: argparse.Namespace) -> Message:
    consumer = KafkaConsumer(
        bootstrap_servers=arguments.bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=REQUEST_LIMIT_MS,
        bootstrap_timeout_ms=BOOTSTRAP_LIMIT_MS,
    )
    try:
        places = [place for topic in arguments.topics for place in places_of(consumer, topic)]
        checks = {
            topic: TopicCheck(
                topic,
                sum(place.topic == topic for place in places),
                schema_of(topic, arguments.schemas),
                topic in arguments.ordered,
            )
            for topic in arguments.topics
        }
        expected = dict(arguments.expect)
        deadline = time.monotonic() + arguments.seconds
        for record in records(consumer, places, deadline, lambda: is_enough(checks, expected)):
            checks[record.topic].add(record)
    finally:
        consumer.close()
    for topic, least in expected.items():
        checks[topic].expect(least)
    return report_of(checks, arguments.whole)


def places_of(consumer: KafkaConsumer, topic: str) -> list[TopicPartition]:
    partitions = consumer.partitions_for_topic(topic)
    if not partitions:
        raise CannotRead(f"expected a topic {topic}, there is none")
    return [TopicPartition(topic, number) for number in sorted(partitions)]


def schema_of(topic: str, folder: Path) -> Message:
    name = "dead-letter" if topic.endswith(DEAD_LETTERS) else topic
    return json.loads((folder / f"{name}.json").read_text("utf-8"))


def is_enough(checks: dict[str, TopicCheck], expected: dict[str, int]) -> bool:
    return all(checks[topic].distinct >= least for topic, least in expected.items())


def records(consumer: KafkaConsumer, places: list[TopicPartition], deadline: float, is_enough) -> Iterator[Record]:
    """From the beginning of all places to their ends, and on until it is enough or late."""
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    while True:
        # What is there by the time that it is enough is looked at, too: a repeat, or one too many.
        was_enough = is_enough()
        ends = consumer.end_offsets(places)
        yield from records_until(consumer, ends, deadline)
        if was_enough or time.monotonic() > deadline:
            return
        time.sleep(WAIT_SECONDS)


def records_until(consumer: KafkaConsumer, ends: dict[TopicPartition, int], deadline: float) -> Iterator[Record]:
    while any(consumer.position(place) < end for place, end in ends.items()):
        if time.monotonic() > deadline:
            raise CannotRead("the topics could not be read to their ends in time")
        for found in consumer.poll(timeout_ms=POLL_MS).values():
            for one in found:
                yield Record(one.topic, one.partition, one.offset, one.key, one.value, list(one.headers or []))


def report_of(checks: dict[str, TopicCheck], whole: bool) -> Message:
    joins = joins_of(checks)
    is_right = not any(check.faults.total() for check in checks.values())
    return {
        "ok": is_right and not (whole and any(joins.values())),
        "topics": {topic: check.report() for topic, check in checks.items()},
        "joins": joins,
        "examples": [example for check in checks.values() for example in check.examples],
    }


def joins_of(checks: dict[str, TopicCheck]) -> dict[str, int]:
    """How many messages lack what they should belong to; only of topics that were read."""
    joins: dict[str, int] = {}
    detections, tasks, results = (checks.get(topic) for topic in (DETECTIONS, TASKS, RESULTS))
    if detections and tasks:
        joins["tasksWithoutDetection"] = len(tasks.request_ids - detections.ids)
    if tasks and results:
        answers = {f"{task_id}_result" for task_id in tasks.ids}
        joins["tasksWithoutResult"] = len(answers - results.ids)
        joins["resultsWithoutTask"] = len(results.ids - answers)
    return joins


if __name__ == "__main__":
    sys.exit(main())
