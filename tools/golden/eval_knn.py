"""Golden values of kNN: DINO's knn_classifier formula in PyTorch, and scikit-learn's majority vote.

Run from the repository root: python tools/golden/eval_knn.py
The loop is written from the formula in DINO's paper and evaluation (weights exp(similarity / T), one-hot votes), not copied.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
import torch
import torch.nn.functional as F
from sklearn.neighbors import KNeighborsClassifier

target = Path("packages/eval/src/knn/__fixtures__/knn.json")
torch.manual_seed(0)
torch.set_num_threads(1)

classes, dimension = 4, 6
centres = torch.randn(classes, dimension)


def blobs(count):
    labels = torch.randint(0, classes, (count,))
    return (centres[labels] + 1.1 * torch.randn(count, dimension) + 0.4), labels


train, train_labels = blobs(60)
test, test_labels = blobs(40)


def dino(train, train_labels, test, k, temperature):
    similarity = F.normalize(test, dim=1) @ F.normalize(train, dim=1).T
    distances, indices = similarity.topk(k, largest=True, sorted=True)
    neighbours = train_labels[indices]  # [test, k]
    one_hot = F.one_hot(neighbours, classes).float()
    weights = (distances / temperature).exp()
    votes = (one_hot * weights.unsqueeze(-1)).sum(1)
    return votes.argmax(1), indices, distances


weighted = []
for k, temperature in [(5, 0.07), (20, 0.07), (10, 0.5)]:
    predictions, indices, distances = dino(train, train_labels, test, k, temperature)
    weighted.append(
        dict(
            k=k,
            temperature=temperature,
            predictions=predictions.tolist(),
            accuracy=(predictions == test_labels).float().mean().item(),
            indices=indices[:5].ravel().tolist(),
            similarities=np.round(distances[:5].numpy(), 6).ravel().tolist(),
        )
    )

# Leave-one-out, cosine after centring, majority of 5; ties broken by nothing here: an odd k and the rows with a clear winner are compared.
centred = F.normalize(train.double() - train.double().mean(0), dim=1).numpy()
votes = np.zeros((len(centred), classes), dtype=int)
for i in range(len(centred)):
    others = np.delete(np.arange(len(centred)), i)
    model = KNeighborsClassifier(n_neighbors=5, metric="cosine", algorithm="brute").fit(centred[others], train_labels[others])
    found = model.kneighbors(centred[i : i + 1], return_distance=False)[0]
    votes[i] = np.bincount(train_labels[others][found], minlength=classes)
ordered = np.sort(votes, axis=1)
clear = ordered[:, -1] > ordered[:, -2]
majority = np.where(clear, votes.argmax(1), -1)

target.parent.mkdir(parents=True, exist_ok=True)
target.write_text(
    json.dumps(
        dict(
            madeBy="tools/golden/eval_knn.py",
            versions={"torch": torch.__version__, "scikit-learn": sklearn.__version__},
            dimension=dimension,
            classes=classes,
            train=np.round(train.numpy(), 6).ravel().tolist(),
            trainLabels=train_labels.tolist(),
            test=np.round(test.numpy(), 6).ravel().tolist(),
            testLabels=test_labels.tolist(),
            weighted=weighted,
            majority=majority.tolist(),
        )
    )
    + "\n"
)
