"""Trains the next version of the late-arrival model on a point-in-time snapshot of the feature server.

    python train.py --from 2001-01-01 --until 2001-01-07 --version 2

writes `late_arrival-2.onnx` and beside it `late_arrival-2.json`: what it was trained on (the manifest of the
snapshot, from which the same rows can be had again), and what was measured.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from fit import Fitted, fit
from snapshot import Snapshot, take_snapshot


def main() -> None:
    options = parse_arguments()
    snapshot = take_snapshot(options.feature_server, options.service, options.model, options.label, options.since, options.until)
    features = feature_columns(snapshot)
    print(f"snapshot {snapshot.manifest['id']}: {snapshot.rows.num_rows:,} flights, {len(features)} features")
    fitted = fit(vectors(snapshot.rows, features), labels(snapshot.rows))
    card = write_version(options, features, fitted, snapshot.manifest)
    print(f"{card}: " + ", ".join(f"{name} {value:.4g}" for name, value in fitted.metrics.items()))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feature-server", default="http://127.0.0.1:7401", help="its address (default: %(default)s)")
    parser.add_argument("--service", default="late_arrival", help="feature service to train on (default: %(default)s)")
    parser.add_argument("--model", default="late_arrival", help="model whose labels to learn from (default: %(default)s)")
    parser.add_argument("--label", default="arrived_late", help="label to learn (default: %(default)s)")
    parser.add_argument("--from", dest="since", required=True, help="first day of the predictions, in UTC")
    parser.add_argument("--until", required=True, help="first day after the last")
    parser.add_argument("--version", required=True, help="version of the model that is made")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "model", help="folder (default: %(default)s)")
    return parser.parse_args()


def feature_columns(snapshot: Snapshot) -> list[str]:
    """The features in the order of the feature service, which is the order of the model's input."""
    return [name for name in snapshot.rows.column_names if "__" in name]


def vectors(rows: pa.Table, features: list[str]) -> np.ndarray:
    """One float32 row for each flight, NaN for what is null."""
    columns = [rows[name].cast(pa.float64()).to_numpy() for name in features]
    return np.stack(columns, axis=1).astype(np.float32)


def labels(rows: pa.Table) -> np.ndarray:
    return rows["label"].cast(pa.bool_()).to_numpy().astype(bool)


def write_version(options: argparse.Namespace, features: list[str], fitted: Fitted, manifest: dict) -> Path:
    """Writes the ONNX file and its card, and answers where the card is."""
    options.out.mkdir(parents=True, exist_ok=True)
    artifact = options.out / f"{options.model}-{options.version}.onnx"
    artifact.write_bytes(fitted.onnx)
    card = artifact.with_suffix(".json")
    content = {
        "model": options.model,
        "version": options.version,
        "featureService": options.service,
        "features": features,
        "artifact": {"file": artifact.name, "sha256": hashlib.sha256(fitted.onnx).hexdigest()},
        "metrics": fitted.metrics,
        "snapshot": manifest,
    }
    card.write_text(json.dumps(content, indent=2) + "\n")
    return card


if __name__ == "__main__":
    main()
