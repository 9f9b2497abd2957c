"""Golden values of logistic regression: scikit-learn's multinomial LogisticRegression (lbfgs, tight tolerance).

Run from the repository root: python tools/golden/eval_probes.py
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

target = Path("packages/eval/src/probes/__fixtures__/logistic.json")
generator = np.random.default_rng(3)
classes, dimension, count = 3, 5, 90
centres = generator.normal(0, 1.2, (classes, dimension))
labels = generator.integers(0, classes, count)
values = np.round(centres[labels] + generator.normal(0, 1, (count, dimension)), 5)


def fit(values, labels, penalties, asked):
    models = []
    for penalty in penalties:
        count = len(labels)
        model = LogisticRegression(C=1 / (penalty * count), tol=1e-10, max_iter=100000).fit(values, labels)
        probabilities = model.predict_proba(values)
        loss = -np.log(probabilities[np.arange(count), labels]).mean() + penalty / 2 * (model.coef_**2).sum()
        models.append(
            dict(penalty=penalty, loss=loss, weight=model.coef_.ravel().tolist(), bias=model.intercept_.tolist(), predictions=model.predict(asked).tolist())
        )
    return models


models = fit(values, labels, [1e-3, 0.05, 1.0], values)

# Features that say much the same, classes that overlap: where a solver that stops early gives other answers. float32, as features are.
mixing = generator.normal(0, 0.25, (16, 16))
centres = generator.normal(0, 0.7, (4, 16))


def correlated(count):
    drawn = generator.integers(0, 4, count)
    features = (centres[drawn] + generator.normal(0, 1, (count, 16))) @ mixing
    return np.round(features, 5).astype("float32").astype("float64"), drawn


train, train_labels = correlated(160)
asked, _ = correlated(120)
hard = dict(
    classes=4,
    dimension=16,
    values=np.round(train, 5).ravel().tolist(),
    labels=train_labels.tolist(),
    asked=np.round(asked, 5).ravel().tolist(),
    models=fit(train, train_labels, [1e-5, 1e-4, 1e-3, 1e-2, 1.0], asked),
)

target.parent.mkdir(parents=True, exist_ok=True)
target.write_text(
    json.dumps(
        dict(
            madeBy="tools/golden/eval_probes.py",
            versions={"scikit-learn": sklearn.__version__, "numpy": np.__version__},
            classes=classes,
            dimension=dimension,
            values=values.ravel().tolist(),
            labels=labels.tolist(),
            models=models,
            correlated=hard,
        )
    )
    + "\n"
)
