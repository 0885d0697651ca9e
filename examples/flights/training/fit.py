"""Fits the model on feature vectors, and writes it as ONNX.

A missing feature is NaN, in training as in serving: the graph itself puts the median of the training rows in its
place, so nobody who scores with it has to know how.
"""

from dataclasses import dataclass

import numpy as np
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline

HELD_OUT = 0.2


@dataclass(frozen=True)
class Fitted:
    """A model as the bytes of an ONNX file, and what was measured on the rows that it had not seen."""

    onnx: bytes
    metrics: dict[str, float]


def fit(vectors: np.ndarray, late: np.ndarray) -> Fitted:
    """Trains on the first four fifths of the rows and measures on the last.

    vectors: float32, one row for each flight in the order of time, NaN for a missing feature.
    late: whether the flight arrived late.
    """
    cut = int(len(vectors) * (1 - HELD_OUT))
    classifier = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        GradientBoostingClassifier(n_estimators=50, max_depth=3, subsample=0.5, min_samples_leaf=50, random_state=1),
    )
    classifier.fit(vectors[:cut], late[:cut])
    truth = late[cut:]
    probability = classifier.predict_proba(vectors[cut:])[:, 1]
    return Fitted(onnx=_to_onnx(classifier, vectors.shape[1]), metrics=_metrics(truth, probability, cut))


def _metrics(truth: np.ndarray, probability: np.ndarray, trained_on: int) -> dict[str, float]:
    return {
        "rows_trained": float(trained_on),
        "rows_held_out": float(len(truth)),
        "share_late_held_out": float(np.mean(truth)),
        "auc": float(roc_auc_score(truth, probability)),
        "average_precision": float(average_precision_score(truth, probability)),
        "log_loss": float(log_loss(truth, probability)),
        "brier": float(brier_score_loss(truth, probability)),
    }


def _to_onnx(classifier: Pipeline, width: int) -> bytes:
    """One input `features` of width `width`; the second column of `probabilities` is that of a late arrival."""
    model = convert_sklearn(
        classifier,
        name="late_arrival",
        initial_types=[("features", FloatTensorType([None, width]))],
        options={"zipmap": False},
        target_opset={"": 17, "ai.onnx.ml": 3},
    )
    return model.SerializeToString()
