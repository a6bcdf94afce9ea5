"""kafka-python as members of groups. python3 kafka_python.py <bootstrap>"""
import sys

import kafka
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.structs import OffsetAndMetadata

import members

BOOTSTRAP = sys.argv[1]


class Listener(ConsumerRebalanceListener):
    def __init__(self, member):
        self.member = member

    def on_partitions_assigned(self, assigned):
        self.member.changed("assigned", assigned)

    def on_partitions_revoked(self, revoked):
        self.member.changed("revoked", revoked)

    def on_partitions_lost(self, lost):
        self.member.changed("revoked", lost)


class Member(members.Member):
    def connect(self):
        request = self.request
        self.topic = request["topic"]
        self.owned = set()
        config = {}
        if "instanceId" in request:
            config["group_instance_id"] = request["instanceId"]
        self.consumer = KafkaConsumer(
            bootstrap_servers=[BOOTSTRAP],
            group_id=request["group"],
            auto_offset_reset="earliest",
            enable_auto_commit=request.get("autoCommit", True),
            auto_commit_interval_ms=200,
            session_timeout_ms=request.get("sessionTimeoutMs", 6000),
            heartbeat_interval_ms=500,
            fetch_max_wait_ms=100,
            metadata_max_age_ms=2000,
            reconnect_backoff_max_ms=500,
            partition_assignment_strategy=[
                CooperativeStickyAssignor if request.get("cooperative") else RangePartitionAssignor],
            **config)
        self.consumer.subscribe([self.topic], listener=Listener(self))

    def changed(self, kind, partitions):
        numbers = sorted(each.partition for each in partitions)
        if kind == "revoked":
            numbers = [number for number in numbers if number in self.owned]
            self.owned.difference_update(numbers)
        else:
            self.owned.update(numbers)
        if numbers:
            self.event(kind, partitions=numbers, generation=None)

    def poll(self):
        for place, records in self.consumer.poll(timeout_ms=50).items():
            self.event("records", partition=place.partition, offsets=[record.offset for record in records])

    def leave(self, _):
        self.consumer.close()
        self.changed("revoked", [TopicPartition(self.topic, number) for number in self.owned])

    def commit(self, request):
        offsets = {TopicPartition(self.topic, each["partition"]):
                   OffsetAndMetadata(each["offset"], each["metadata"] or "", -1) for each in request["offsets"]}
        if request["how"] == "async":
            self.consumer.commit_async(offsets)
        else:
            self.consumer.commit(offsets)

    def committed(self, request):
        answer = []
        for partition in request["partitions"]:
            found = self.consumer.committed(TopicPartition(self.topic, partition), metadata=True)
            answer.append({"partition": partition, "offset": -1 if found is None else found.offset,
                           "metadata": None if found is None else found.metadata})
        return answer

    def seek(self, request):
        self.consumer.seek(TopicPartition(self.topic, request["partition"]), request["offset"])


members.serve("kafka-python %s" % kafka.__version__, Member)
