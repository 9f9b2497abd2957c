import { SslError } from '@ssl/core';

export interface ClassResult {
  readonly label: number;
  /** Images of this class. */
  readonly support: number;
  /** Part of them that was recognised; NaN where there is none. */
  readonly recall: number;
  /** Part of the predictions of this class that was right; NaN where it was never predicted. */
  readonly precision: number;
  /** Harmonic mean of both; 0 where either is 0 or missing. */
  readonly f1: number;
}

export interface ClassificationReport {
  /** Part of all images that was recognised. */
  readonly accuracy: number;
  /** Mean recall over the classes that occur: every class counts alike, however rare. */
  readonly macroAccuracy: number;
  readonly classes: readonly ClassResult[];
  /** Counts; `confusion[truth][prediction]`. Images without a prediction (-1) are in no column. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * Accuracy, macro accuracy, per-class results and the confusion matrix.
 *
 * `macroAccuracy = mean over classes c of #(predicted c and is c) / #(is c)`; classes without images do not count.
 *
 * @param labels True classes from 0, `[count]`.
 * @param predictions Predicted classes, `[count]`; -1 = none, counted as wrong.
 * @param classCount Number of classes; at least the highest label + 1.
 * @throws SslError where lengths differ or a class is outside `0..classCount - 1`.
 * @example
 * classificationReport([0, 0, 1], [0, 1, 1], 2).macroAccuracy; // 0.75
 */
export function classificationReport(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classCount: number,
): ClassificationReport {
  if (labels.length !== predictions.length || labels.length === 0) {
    throw new SslError(
      `labels and predictions need one class for each image, got ${String(labels.length)} labels and ${String(predictions.length)} predictions. ` +
        'Give both for the same images.',
      { from: '@ssl/eval' },
    );
  }
  const confusion = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  const support = new Array<number>(classCount).fill(0);
  for (let i = 0; i < labels.length; i++) {
    const truth = labels[i]!;
    const prediction = predictions[i]!;
    const row = confusion[truth];
    if (row === undefined || prediction < -1 || prediction >= classCount) {
      throw new SslError(
        `classes must be 0..${String(classCount - 1)}, got label ${String(truth)} and prediction ${String(prediction)} at row ${String(i)}. ` +
          'Raise classCount, or leave unlabelled images out.',
        { from: '@ssl/eval' },
      );
    }
    support[truth]!++;
    if (prediction >= 0) row[prediction]!++;
  }
  const classes = confusion.map((row, label): ClassResult => {
    const right = row[label]!;
    const recall = right / support[label]!;
    const precision = right / confusion.reduce((sum, other) => sum + other[label]!, 0);
    return { label, support: support[label]!, recall, precision, f1: right === 0 ? 0 : (2 * recall * precision) / (recall + precision) };
  });
  const present = classes.filter((result) => result.support > 0);
  return {
    accuracy: confusion.reduce((sum, row, label) => sum + row[label]!, 0) / labels.length,
    macroAccuracy: present.reduce((sum, result) => sum + result.recall, 0) / present.length,
    classes,
    confusion,
  };
}
