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

models = []
for penalty in [1e-3, 0.05, 1.0]:
    model = LogisticRegression(C=1 / (penalty * count), tol=1e-10, max_iter=10000).fit(values, labels)
    probabilities = model.predict_proba(values)
    loss = -np.log(probabilities[np.arange(count), labels]).mean() + penalty / 2 * (model.coef_**2).sum()
    models.append(
        dict(penalty=penalty, loss=loss, weight=model.coef_.ravel().tolist(), bias=model.intercept_.tolist(), predictions=model.predict(values).tolist())
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
        )
    )
    + "\n"
)
