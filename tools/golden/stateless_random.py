"""Golden values of TensorFlow's stateless random numbers, for core/src/ops/random-*.test.ts.

Needs: tensorflow-cpu 2.21.0. Run: python tools/golden/stateless_random.py
"""

import json
import pathlib

import tensorflow as tf

SEEDS = [[0, 0], [1, 2], [-1, 7], [123456789, -987654321], [-2147483648, 2147483647]]
COUNTS = [1, 4, 7, 33]

cases = []
for seed in SEEDS:
    for count in COUNTS:
        uniform = tf.raw_ops.StatelessRandomUniform(shape=[count], seed=seed)
        normal = tf.raw_ops.StatelessRandomNormal(shape=[count], seed=seed)
        cases.append({"seed": seed, "uniform": uniform.numpy().tolist(), "normal": normal.numpy().tolist()})

large = tf.raw_ops.StatelessRandomUniform(shape=[100_003], seed=[5, 6]).numpy()
out = pathlib.Path(__file__).parents[2] / "packages/core/src/ops/__fixtures__/stateless-random.json"
out.parent.mkdir(exist_ok=True)
out.write_text(
    json.dumps(
        {
            "madeBy": "tools/golden/stateless_random.py",
            "tensorflow": tf.__version__,
            "cases": cases,
            "large": {"seed": [5, 6], "shape": [100_003], "last": large[-5:].tolist()},
        }
    )
    + "\n"
)
