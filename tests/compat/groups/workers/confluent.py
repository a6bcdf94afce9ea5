"""confluent_kafka as members of groups. python3 confluent.py <bootstrap> <classic|consumer>"""
import sys

from confluent_kafka import Consumer, KafkaError, TopicPartition, libversion, version

import members

BOOTSTRAP, PROTOCOL = sys.argv[1:3]


class Member(members.Member):
    def connect(self):
        request = self.request
        protocol = request.get("protocol", PROTOCOL)
        config = {
            "bootstrap.servers": BOOTSTRAP,
            "group.id": request["group"],
            "auto.offset.reset": "earliest",
            "enable.auto.commit": request.get("autoCommit", True),
            "auto.commit.interval.ms": 200,
            "fetch.wait.max.ms": 100,
            "reconnect.backoff.max.ms": 500,
        }
        if protocol == "consumer":
            config["group.protocol"] = "consumer"
        else:
            config["session.timeout.ms"] = request.get("sessionTimeoutMs", 6000)
            config["heartbeat.interval.ms"] = 500
            config["partition.assignment.strategy"] = "cooperative-sticky" if request.get("cooperative") else "range"
        self.incremental = protocol == "consumer" or request.get("cooperative", False)
        if "instanceId" in request:
            config["group.instance.id"] = request["instanceId"]
        self.consumer = Consumer(config)
        self.topic = request["topic"]
        self.owned = set()
        self.consumer.subscribe([self.topic], on_assign=self.assigned, on_revoke=self.revoked, on_lost=self.revoked)

    def assigned(self, consumer, partitions):
        if self.incremental:
            consumer.incremental_assign(partitions)
        else:
            consumer.assign(partitions)
        self.owned.update(each.partition for each in partitions)
        if partitions:
            self.event("assigned", partitions=[each.partition for each in partitions], generation=None)

    def revoked(self, consumer, partitions):
        lost = [each.partition for each in partitions if each.partition in self.owned]
        self.owned.difference_update(lost)
        if lost:
            self.event("revoked", partitions=lost, generation=None)
        if self.incremental:
            consumer.incremental_unassign(partitions)
        else:
            consumer.unassign()

    def poll(self):
        # Not consume(): librdkafka 2.0 drops records of its batch when partitions are revoked meanwhile.
        found = {}
        for index in range(500):
            message = self.consumer.poll(0.05 if index == 0 else 0)
            if message is None:
                break
            error = message.error()
            if error is None:
                found.setdefault(message.partition(), []).append(message.offset())
            elif error.code() not in (KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE):
                self.event("failed", message=str(error))
        for partition, offsets in found.items():
            self.event("records", partition=partition, offsets=offsets)

    def leave(self, _):
        self.consumer.close()
        if self.owned:
            self.event("revoked", partitions=sorted(self.owned), generation=None)

    def place(self, partition, *rest):
        return TopicPartition(self.topic, partition, *rest)

    def commit(self, request):
        offsets = []
        for each in request["offsets"]:
            place = self.place(each["partition"], each["offset"])
            if HAS_METADATA and each["metadata"]:
                place = TopicPartition(self.topic, each["partition"], each["offset"], each["metadata"])
            offsets.append(place)
        self.consumer.commit(offsets=offsets, asynchronous=request["how"] == "async")

    def committed(self, request):
        places = self.consumer.committed([self.place(partition) for partition in request["partitions"]], timeout=10)
        return [{"partition": each.partition, "offset": max(each.offset, -1),
                 "metadata": each.metadata if HAS_METADATA else None} for each in places]

    def seek(self, request):
        self.consumer.seek(self.place(request["partition"], request["offset"]))


HAS_METADATA = hasattr(TopicPartition("t", 0), "metadata")
members.serve("confluent_kafka %s, librdkafka %s" % (version()[0] if isinstance(version(), tuple) else version(), libversion()[0]), Member)
