"""What is right and wrong about the records of one topic. Knows nothing of how they are fetched."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from partitions import partition_of

# Kinds of fault, in the order in which they are looked for.
PARTITION = "partition"  # not where Java's clients would put the key
VALUE = "value"  # no JSON in UTF-8
SCHEMA = "schema"  # not what the topic's schema says
ID = "id"  # the header `id` is missing, there twice, or not the message's own
KEY = "key"  # not the camera's id as a string
ORDER = "order"  # captured earlier than one of the same camera that came before
MISSING = "missing"  # fewer messages than were expected
FAULTS = (PARTITION, VALUE, SCHEMA, ID, KEY, ORDER, MISSING)

MAX_EXAMPLES = 20
DEAD_LETTERS = "-dlq"

Message = dict[str, object]


@dataclass(frozen=True)
class Record:
    """A record as it was found."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


class TopicCheck:
    """Takes a topic's records in the order of their partitions, and counts.

    `ordered`: messages of a camera are to come in the order of their captures.
    """

    def __init__(self, topic: str, partitions: int, schema: Message, ordered: bool) -> None:
        Draft202012Validator.check_schema(schema)
        self.topic = topic
        self.partitions = partitions
        self.ordered = ordered
        self.faults: Counter[str] = Counter()
        self.examples: list[Message] = []
        # Of the messages that came for the first time: the detections that they belong to.
        self.request_ids: set[str] = set()
        self._validator = Draft202012Validator(schema)
        self._messages = 0
        self._repeats = 0
        self._changed_repeats = 0
        self._cameras: Counter[str] = Counter()
        self._by_partition: Counter[int] = Counter()
        # By id, a hash of the message as it came first.
        self._first: dict[str, bytes] = {}
        self._newest: dict[str, datetime] = {}

    @property
    def distinct(self) -> int:
        """Messages with an id, each counted once."""
        return len(self._first)

    @property
    def ids(self) -> set[str]:
        return set(self._first)

    def add(self, record: Record) -> None:
        self._messages += 1
        self._by_partition[record.partition] += 1
        self._check_partition(record)
        message = self._message(record)
        message_id = self._id(record)
        if message is None or message_id is None:
            return
        self._check_names(message_id, message, record)
        if self._is_repeat(message_id, record.value or b""):
            return
        self.request_ids.add(str(message.get("requestId")))
        if "cameraId" in message:
            self._follow_camera(message, record)

    def expect(self, least: int) -> None:
        """Notes a fault where fewer messages have come."""
        if self.distinct < least:
            self._fault(MISSING, f"expected at least {least} messages, received {self.distinct}")

    def report(self) -> Message:
        return {
            "messages": self._messages,
            "distinct": self.distinct,
            "repeats": self._repeats,
            "changedRepeats": self._changed_repeats,
            "cameras": dict(sorted(self._cameras.items())),
            "partitions": {str(number): count for number, count in sorted(self._by_partition.items())},
            "faults": {kind: self.faults[kind] for kind in FAULTS},
        }

    def _check_partition(self, record: Record) -> None:
        if record.key is None:
            return
        expected = partition_of(record.key, self.partitions)
        if record.partition != expected:
            self._fault(PARTITION, f"expected {expected} for the key {record.key!r}", record)

    def _message(self, record: Record) -> Message | None:
        try:
            message = json.loads((record.value or b"").decode("utf-8"), parse_constant=_refuse_constant)
        except ValueError as error:
            self._fault(VALUE, f"expected JSON in UTF-8: {error}", record)
            return None
        error = best_match(self._validator.iter_errors(message))
        if error is None:
            return message
        self._fault(SCHEMA, f"{error.json_path}: {error.message[:300]}", record)
        return None

    def _id(self, record: Record) -> str | None:
        ids = [value for name, value in record.headers if name == "id"]
        if len(ids) == 1 and ids[0]:
            return ids[0].decode("utf-8", errors="replace")
        self._fault(ID, f"expected one header id, received {ids!r}", record)
        return None

    def _check_names(self, message_id: str, message: Message, record: Record) -> None:
        """Whether the record's id and key are what the message itself says."""
        if self.topic.endswith(DEAD_LETTERS):
            own_id, own_key = "{topic}-{partition}-{offset}".format(**message), message["key"]
        else:
            own_id = next(message[name] for name in ("messageId", "taskId", "requestId") if name in message)
            own_key = str(message["cameraId"])
        if message_id != own_id:
            self._fault(ID, f"the header says {message_id!r}, the message {own_id!r}", record)
        if record.key != (None if own_key is None else str(own_key).encode()):
            self._fault(KEY, f"expected {own_key!r}, received {record.key!r}", record)

    def _is_repeat(self, message_id: str, value: bytes) -> bool:
        content = hashlib.sha256(value).digest()
        first = self._first.get(message_id)
        if first is None:
            self._first[message_id] = content
            return False
        self._repeats += 1
        self._changed_repeats += first != content
        return True

    def _follow_camera(self, message: Message, record: Record) -> None:
        camera = str(message["cameraId"])
        self._cameras[camera] += 1
        captured = datetime.fromisoformat(str(message["timestamp"]))
        newest = self._newest.setdefault(camera, captured)
        if captured >= newest:
            self._newest[camera] = captured
        elif self.ordered:
            self._fault(ORDER, f"camera {camera}: {message['timestamp']} after {newest.isoformat()}", record)

    def _fault(self, kind: str, detail: str, record: Record | None = None) -> None:
        self.faults[kind] += 1
        if len(self.examples) >= MAX_EXAMPLES:
            return
        place = {} if record is None else {"partition": record.partition, "offset": record.offset}
        self.examples.append({"topic": self.topic, **place, "fault": kind, "detail": detail})


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
