import type { ClassificationReport } from '../metrics/classification-report.js';
import type { ReportClasses } from './report-data.js';

/**
 * The report's section of classes from a classification: a `KnnResult`, for instance.
 *
 * @param name Whose result it is: 'Trained network'.
 * @param classNames Name of each class; numbers where left out.
 */
export function reportClasses(name: string, { classes, confusion }: ClassificationReport, classNames?: readonly string[]): ReportClasses {
  const number = (value: number): number | null => (Number.isNaN(value) ? null : value);
  return {
    name,
    classes: classes.map(({ label, support, recall, precision }) => ({
      name: classNames?.[label] ?? `class ${String(label)}`,
      support,
      recall: number(recall),
      precision: number(precision),
    })),
    confusion,
  };
}
