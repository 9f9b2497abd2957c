import type { LabelledFeatures } from '../features/features.js';

/** What leave-one-out classification by nearest neighbours can reach at best, whatever the features. */
export interface KnnCeiling {
  readonly k: number;
  readonly count: number;
  /** Images that no features can get right: too few others of their class vote. */
  readonly hopeless: number;
  /** Those of them without any other image of their class. */
  readonly alone: number;
  /** Highest accuracy that is possible: `1 - hopeless / count`. */
  readonly accuracy: number;
  /** Accuracy of naming the largest class for every image. */
  readonly largestClass: number;
}

/**
 * The best accuracy of leave-one-out kNN with equal votes: an image of a class with m others gets at most `min(m, k)` right votes, and the
 * rest of the k votes go to other classes; where even spread as evenly as can be one of them gets more, the image is wrong under any features.
 *
 * @param labelled Class of each image, from 0; members of an image's group do not vote on it.
 * @param k Neighbours that vote.
 * @example
 * knnCeiling({ labels: Int32Array.of(0, 1, 1), count: 3 }, 1); // accuracy 2 / 3: the first image has no other of its class
 */
export function knnCeiling({ labels, groups, count }: Pick<LabelledFeatures, 'labels' | 'groups' | 'count'>, k: number): KnnCeiling {
  const sizes = new Map<number, number>();
  const inGroup = new Map<number, Map<number, number>>();
  for (let row = 0; row < count; row++) {
    const [label, group] = [labels[row]!, groups?.[row] ?? -1];
    sizes.set(label, (sizes.get(label) ?? 0) + 1);
    if (group < 0) continue;
    const members = inGroup.get(group) ?? new Map<number, number>();
    members.set(label, (members.get(label) ?? 0) + 1);
    inGroup.set(group, members);
  }
  const known = new Map<string, { hopeless: boolean; alone: boolean }>();
  let [hopeless, alone] = [0, 0];
  for (let row = 0; row < count; row++) {
    const [label, group] = [labels[row]!, groups?.[row] ?? -1];
    const key = `${String(Math.max(-1, group))} ${String(label)}`;
    const result = known.get(key) ?? outlook(label, sizes, inGroup.get(group) ?? new Map([[label, 1]]), k);
    known.set(key, result);
    if (result.hopeless) hopeless++;
    if (result.alone) alone++;
  }
  return { k, count, hopeless, alone, accuracy: 1 - hopeless / count, largestClass: Math.max(...sizes.values()) / count };
}

/** Whether an image of a class can be right when those of `excluded` do not vote. */
function outlook(label: number, sizes: ReadonlyMap<number, number>, excluded: ReadonlyMap<number, number>, k: number): { hopeless: boolean; alone: boolean } {
  const votersOf = (other: number): number => (sizes.get(other) ?? 0) - (excluded.get(other) ?? 0);
  const own = Math.min(votersOf(label), k);
  const others = [...sizes.keys()].filter((other) => other !== label).map(votersOf);
  // Where there are fewer images than k, all of them vote.
  const foreign = Math.min(k - own, others.reduce((sum, size) => sum + size, 0));
  let most = 0;
  while (others.reduce((sum, size) => sum + Math.min(size, most), 0) < foreign) most++;
  return { hopeless: own === 0 || own < most, alone: own === 0 }; // of equal votes the nearest wins
}
