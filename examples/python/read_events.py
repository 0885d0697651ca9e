"""Reads a topic from its beginning to its present end, and prints each event as a line of JSON.

    python read_events.py --brokers 127.0.0.1:9092 --registry http://127.0.0.1:8081/apis/ccompat/v7 --topic labels
"""

import argparse
import json
import uuid

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

# Without one the client waits for ever for an answer that was lost; with one it asks again.
REGISTRY_TIMEOUT_S = 10


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--brokers", required=True)
    options.add_argument("--registry", required=True)
    options.add_argument("--topic", required=True)
    asked = options.parse_args()

    deserialize = AvroDeserializer(SchemaRegistryClient({"url": asked.registry, "timeout": REGISTRY_TIMEOUT_S}))
    consumer = Consumer(
        {"bootstrap.servers": asked.brokers, "group.id": f"read-events-{uuid.uuid4()}", "enable.auto.commit": False}
    )
    partitions = consumer.list_topics(asked.topic, timeout=10).topics[asked.topic].partitions
    left = {}
    for partition in partitions:
        first, after = consumer.get_watermark_offsets(TopicPartition(asked.topic, partition), timeout=10)
        if after > first:
            left[partition] = after - 1
    consumer.assign([TopicPartition(asked.topic, partition, 0) for partition in left])
    while left:
        message = consumer.poll(10)
        if message is None:
            raise SystemExit("no more records came before the end of the topic")
        if message.error():
            raise SystemExit(str(message.error()))
        event = deserialize(message.value(), SerializationContext(asked.topic, MessageField.VALUE))
        place = {"partition": message.partition(), "offset": message.offset(), "recordedAtMs": message.timestamp()[1]}
        print(json.dumps({**place, "key": message.key().hex(), "event": event}, default=str))
        if message.offset() >= left.get(message.partition(), -1):
            left.pop(message.partition(), None)
    consumer.close()


if __name__ == "__main__":
    main()
