"""Asks the feature server for a point-in-time snapshot.

Each row is one prediction that has its label, with every feature as it was known at the time of the prediction:
nothing that became known later is in it. The manifest pins it: the same manifest gives the same rows again.
"""

from dataclasses import dataclass

import pyarrow as pa
import requests

TIMEOUT = 600


@dataclass(frozen=True)
class Snapshot:
    """The rows, and the manifest that pins them."""

    rows: pa.Table
    manifest: dict


def take_snapshot(server: str, service: str, model: str, label: str, since: str, until: str) -> Snapshot:
    """Pins a snapshot of a feature service for "the labels of a model between two times", and reads its rows."""
    asked = {
        "service": service,
        "labels": {"model": model, "name": label, "from": instant(since), "until": instant(until)},
    }
    made = requests.post(f"{server}/v1/snapshots", json=asked, timeout=TIMEOUT)
    made.raise_for_status()
    manifest = made.json()["manifest"]
    data = requests.get(
        f"{server}/v1/snapshots/{made.json()['id']}/data", params={"format": "arrow"}, stream=True, timeout=TIMEOUT
    )
    data.raise_for_status()
    rows = pa.ipc.open_stream(pa.BufferReader(data.content)).read_all()
    return Snapshot(rows=rows, manifest=manifest)


def instant(day: str) -> str:
    """A day in UTC as an instant; an instant stays as it is."""
    return day if "T" in day else f"{day}T00:00:00Z"
