"""Writes rows of a feature view straight to Kafka, with Confluent's client and Avro serializer.

    python write_features.py --brokers 127.0.0.1:9092 --registry http://127.0.0.1:8081/apis/ccompat/v7 \
        --view airport_departures < rows.ndjson

A row is a line of JSON: {"key": {...}, "eventTime": "2001-01-31T13:45:00Z", "values": {...} or null to delete}.
Prints one line for each record: its partition and offset.
"""

import argparse
import io
import json
import sys
import uuid
from datetime import datetime

import fastavro
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

# Without one the client waits for ever for an answer that was lost; with one it asks again.
REGISTRY_TIMEOUT_S = 10


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--brokers", required=True)
    options.add_argument("--registry", required=True)
    options.add_argument("--view", required=True)
    asked = options.parse_args()
    topic = f"features.{asked.view}"

    registry = SchemaRegistryClient({"url": asked.registry, "timeout": REGISTRY_TIMEOUT_S})
    text = registry.get_latest_version(f"{topic}-value").schema.schema_str
    # The definition of the view made this schema: rows use it as it is.
    serialize = AvroSerializer(registry, text, conf={"auto.register.schemas": False, "use.latest.version": True})
    key_type = next(field["type"] for field in json.loads(text)["fields"] if field["name"] == "key")
    key_schema = fastavro.parse_schema(key_type)

    # The partitioner of Kafka's own clients, so that one entity stays in one partition whoever writes.
    producer = Producer({"bootstrap.servers": asked.brokers, "partitioner": "murmur2_random", "acks": "all"})
    failures = []

    def delivered(error, message):
        if error is not None:
            failures.append(str(error))
        else:
            print(json.dumps({"partition": message.partition(), "offset": message.offset()}))

    for line in sys.stdin:
        row = json.loads(line)
        key = io.BytesIO()
        # A record key is the entity key in Avro, without a frame.
        fastavro.schemaless_writer(key, key_schema, row["key"])
        value = {
            "envelope": {
                "eventId": row.get("eventId", str(uuid.uuid4())),
                "eventTime": datetime.fromisoformat(row["eventTime"].replace("Z", "+00:00")),
                "producer": {"service": "python-example", "version": None, "commit": None},
                "traceparent": None,
            },
            "key": row["key"],
            "values": row["values"],
        }
        producer.produce(
            topic,
            key=key.getvalue(),
            value=serialize(value, SerializationContext(topic, MessageField.VALUE)),
            on_delivery=delivered,
        )
    producer.flush()
    if failures:
        sys.exit("not delivered: " + "; ".join(failures))


if __name__ == "__main__":
    main()
