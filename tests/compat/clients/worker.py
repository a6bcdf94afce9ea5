"""confluent_kafka behind the line protocol of worker-client.ts: one JSON request in, one JSON answer out."""
import base64
import functools
import hashlib
import json
import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition, libversion, version
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

BOOTSTRAP = sys.argv[1]
BASE = {"bootstrap.servers": BOOTSTRAP, "reconnect.backoff.max.ms": 500}
TIMEOUT = 30


def encode(value):
    return None if value is None else base64.b64encode(value).decode()


def decode(text):
    return None if text is None else base64.b64decode(text)


def producer(request):
    config = dict(BASE)
    config["acks"] = request.get("acks", "all")
    config["compression.type"] = request.get("codec", "none")
    config["linger.ms"] = 5
    config["queue.buffering.max.messages"] = 1000000
    config["message.max.bytes"] = 2000000
    if request.get("idempotent"):
        config["enable.idempotence"] = True
        config["max.in.flight.requests.per.connection"] = 5
    return Producer(config)


def deliver(client, topic, messages):
    """Sends all, waits for all; returns the offsets in the order of sending."""
    offsets = []
    errors = []

    def done(index):
        def call(error, message):
            if error is not None:
                errors.append(str(error))
            else:
                offsets[index] = message.offset()
        return call

    for index, message in enumerate(messages):
        offsets.append(None)
        while True:
            try:
                client.produce(topic, on_delivery=done(index), **message)
                break
            except BufferError:
                client.poll(0.1)
        client.poll(0)
    left = client.flush(TIMEOUT)
    if left or errors:
        raise RuntimeError("%d not delivered; %s" % (left, errors[:3]))
    return offsets


def produce(request):
    messages = []
    for record in request["records"]:
        message = {"partition": request["partition"], "key": decode(record["key"]), "value": decode(record["value"])}
        if record["headers"]:
            message["headers"] = [(name, decode(value)) for name, value in record["headers"]]
        if record["timestampMs"] is not None:
            message["timestamp"] = record["timestampMs"]
        messages.append(message)
    return {"offsets": deliver(producer(request), request["topic"], messages)}


def produce_lines(request):
    with open(request["path"], "rb") as file:
        lines = file.read().split(b"\n")[:-1]
    messages = ({"partition": request["partition"], "value": line} for line in lines)
    return {"count": len(deliver(producer(request), request["topic"], messages))}


def produce_stream(request):
    """Values prefix-0, prefix-1, … spread over the given time; a failed delivery is not acknowledged, and no error."""
    client = producer(request)
    acknowledged = []
    began = time.monotonic()
    count = request["count"]
    for index in range(count):
        value = "%s-%d" % (request["prefix"], index)
        call = (lambda sent: lambda error, _: error is None and acknowledged.append(sent))(value)
        client.produce(request["topic"], value=value.encode(), partition=request["partition"], on_delivery=call)
        due = began + request["spreadMs"] / 1000 * index / count
        client.poll(max(0, due - time.monotonic()))
    client.flush(60)
    return {"acknowledged": acknowledged}


def consumer(reset="error"):
    config = dict(BASE)
    config.update({"group.id": "unused", "enable.auto.commit": False, "auto.offset.reset": reset,
                   "fetch.wait.max.ms": 100, "fetch.error.backoff.ms": 50})
    return Consumer(config)


START = {"earliest": -2, "latest": -1}


def records_from(client, request):
    start = request["from"]
    client.assign([TopicPartition(request["topic"], request["partition"], START.get(start, start))])
    deadline = time.monotonic() + request.get("timeoutMs", TIMEOUT * 1000) / 1000
    left = request["count"]
    while left > 0 and time.monotonic() < deadline:
        for message in client.consume(min(left, 10000), timeout=0.2):
            if message.error() is None:
                left -= 1
                yield message
            elif message.error().code() != KafkaError._PARTITION_EOF:
                raise KafkaException(message.error())


def consume(request):
    client = consumer(request.get("reset", "error"))
    try:
        return {"records": [{
            "offset": message.offset(),
            "timestampMs": message.timestamp()[1],
            "key": encode(message.key()),
            "value": encode(message.value()),
            "headers": [[name, encode(value)] for name, value in message.headers() or []],
        } for message in records_from(client, request)]}
    finally:
        client.close()


def consume_lines(request):
    client = consumer()
    digest = hashlib.sha256()
    count = 0
    try:
        for message in records_from(client, dict(request, **{"from": "earliest"})):
            digest.update(message.value() + b"\n")
            count += 1
    finally:
        client.close()
    return {"sha256": digest.hexdigest(), "count": count}


def offset(request):
    client = consumer()
    try:
        partition = TopicPartition(request["topic"], request["partition"])
        if request["at"] in START:
            low, high = client.get_watermark_offsets(partition, timeout=TIMEOUT)
            return {"offset": low if request["at"] == "earliest" else high}
        partition.offset = request["at"]
        found = client.offsets_for_times([partition], timeout=TIMEOUT)[0]
        return {"offset": found.offset if found.offset >= 0 else None}
    finally:
        client.close()


def wait_all(futures):
    for future in futures.values():
        future.result(TIMEOUT)
    return {}


@functools.lru_cache(maxsize=None)
def admin():
    """One for all: its futures die with it."""
    return AdminClient(BASE)


def create_topic(request):
    topic = NewTopic(request["topic"], num_partitions=request["partitions"], replication_factor=1, config=request["configs"])
    return wait_all(admin().create_topics([topic]))


def describe_topic(request):
    topics = admin().list_topics(request["topic"], timeout=TIMEOUT).topics
    topic = topics.get(request["topic"])
    if topic is None or topic.error is not None:
        raise RuntimeError(str(topic and topic.error))
    return {"partitions": [{"id": id, "leader": partition.leader, "replicas": partition.replicas, "isr": partition.isrs}
                           for id, partition in sorted(topic.partitions.items())]}


def list_topics(_):
    return {"topics": sorted(admin().list_topics(timeout=TIMEOUT).topics)}


def delete_topic(request):
    return wait_all(admin().delete_topics([request["topic"]]))


def create_partitions(request):
    return wait_all(admin().create_partitions([NewPartitions(request["topic"], request["total"])]))


def describe_configs(request):
    resource = ConfigResource("topic", request["topic"])
    entries = admin().describe_configs([resource])[resource].result(TIMEOUT)
    return {"configs": {name: entry.value for name, entry in entries.items()}}


def alter_configs(request):
    resource = ConfigResource("topic", request["topic"])
    for name, value in request["set"].items():
        resource.set_config(name, value)
    return wait_all(admin().alter_configs([resource]))


OPERATIONS = {
    "produce": produce, "produceLines": produce_lines, "produceStream": produce_stream,
    "consume": consume, "consumeLines": consume_lines, "offset": offset,
    "createTopic": create_topic, "describeTopic": describe_topic, "listTopics": list_topics, "deleteTopic": delete_topic,
    "createPartitions": create_partitions, "describeConfigs": describe_configs, "alterConfigs": alter_configs,
}

print(json.dumps({"version": "confluent_kafka %s, librdkafka %s" % (version()[0], libversion()[0])}), flush=True)
for line in sys.stdin:
    try:
        asked = json.loads(line)
        answer = OPERATIONS[asked["operation"]](asked)
    except Exception as error:  # whatever it is, the test shows it
        answer = {"error": "%s: %s" % (type(error).__name__, error)}
    print(json.dumps(answer), flush=True)
