/** A function to be minimised: its value and gradient at a point. */
export type Objective = (point: Float64Array) => Promise<{ readonly value: number; readonly gradient: Float64Array }>;

export interface LbfgsOptions {
  readonly iterations?: number;
  /** Stop where no part of the gradient is larger. */
  readonly tolerance?: number;
  /** Steps that are remembered for the curvature. */
  readonly memory?: number;
}

export const lbfgsDefaults = { iterations: 200, tolerance: 1e-5, memory: 10 } as const satisfies LbfgsOptions;

export interface LbfgsResult {
  readonly point: Float64Array;
  readonly value: number;
  readonly iterations: number;
  /** False where the iterations ran out first. */
  readonly converged: boolean;
}

/** Share of the promised decrease that a step must bring. */
const armijo = 1e-4;
const halvings = 30;

/**
 * Limited-memory BFGS with a backtracking line search, for smooth convex functions.
 *
 * @see Nocedal and Wright 2006, "Numerical Optimization", algorithms 7.4 and 7.5.
 */
export async function lbfgs(objective: Objective, start: Float64Array, options: LbfgsOptions = {}): Promise<LbfgsResult> {
  const { iterations, tolerance, memory } = { ...lbfgsDefaults, ...options };
  const pairs: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  let point = start;
  let { value, gradient } = await objective(point);
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (gradient.every((part) => Math.abs(part) <= tolerance)) return { point, value, iterations: iteration, converged: true };
    const direction = twoLoops(gradient, pairs);
    const slope = dot(direction, gradient);
    let step = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let next = await objective(moved(point, direction, step));
    for (let i = 0; i < halvings && !(next.value <= value + armijo * step * slope); i++) {
      step /= 2;
      next = await objective(moved(point, direction, step));
    }
    // Rounding of the objective hides any further decrease: as good as it gets.
    if (!(next.value < value)) return { point, value, iterations: iteration, converged: true };
    const s = direction.map((part) => part * step);
    const before = gradient;
    const y = next.gradient.map((part, i) => part - before[i]!);
    const curvature = dot(s, y);
    if (curvature > 1e-12 * dot(y, y)) pairs.push({ s, y, rho: 1 / curvature });
    if (pairs.length > memory) pairs.shift();
    point = moved(point, direction, step);
    ({ value, gradient } = next);
  }
  return { point, value, iterations, converged: false };
}

/** The direction of descent from the gradient and the remembered steps. */
function twoLoops(gradient: Float64Array, pairs: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[]): Float64Array {
  const q = gradient.map((part) => -part);
  const alphas: number[] = [];
  for (const { s, y, rho } of [...pairs].reverse()) {
    const alpha = rho * dot(s, q);
    alphas.unshift(alpha);
    for (let i = 0; i < q.length; i++) q[i]! -= alpha * y[i]!;
  }
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = dot(last.s, last.y) / dot(last.y, last.y);
    for (let i = 0; i < q.length; i++) q[i]! *= scale;
  }
  for (const [j, { s, y, rho }] of pairs.entries()) {
    const correction = alphas[j]! - rho * dot(y, q);
    for (let i = 0; i < q.length; i++) q[i]! += correction * s[i]!;
  }
  return q;
}

function moved(point: Float64Array, direction: Float64Array, step: number): Float64Array {
  return point.map((part, i) => part + step * direction[i]!);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
