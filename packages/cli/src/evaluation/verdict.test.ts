import { expect, test } from 'vitest';
import { verdict } from './verdict.js';

const of = (accuracies: Record<string, number>) => verdict(Object.fromEntries(Object.entries(accuracies).map(([key, accuracy]) => [key, { accuracy, macroAccuracy: 0 }])));

test.each([
  [{ rawPixels: 0.4, hog: 0.3, trained: 0.5 }, 'The trained network beats raw pixels by 10.0, HOG by 20.0 points.'],
  [{ rawPixels: 0.5, hog: 0.3, trained: 0.5 }, 'The trained network beats HOG by 20.0 points; raw pixels is level with it.'],
  [{ rawPixels: 0.50004, untrained: 0.5, trained: 0.5 }, 'The trained network beats none of the others; raw pixels, its own untrained start are level with it.'],
  [{ rawPixels: 0.51, hog: 0.62, start: 0.45, trained: 0.5 }, 'The trained network beats the weights it started from by 5.0 points; raw pixels by 1.0, HOG by 12.0 points are still ahead.'],
  [{ rawPixels: 0.5 }, 'The trained network could not be compared.'],
])('%j', (accuracies, text) => {
  expect(of(accuracies as Record<string, number>)).toBe(text);
});
