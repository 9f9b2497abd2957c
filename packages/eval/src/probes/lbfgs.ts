/** A function to be minimised: its value and gradient at a point. */
export type Objective = (point: Float64Array) => Promise<{ readonly value: number; readonly gradient: Float64Array }>;

export interface LbfgsOptions {
  readonly iterations?: number;
  /** Stop where no part of the gradient is larger. */
  readonly tolerance?: number;
  /** Steps that are remembered for the curvature. */
  readonly memory?: number;
}

export const lbfgsDefaults = { iterations: 1000, tolerance: 1e-7, memory: 10 } as const satisfies LbfgsOptions;

export interface LbfgsResult {
  readonly point: Float64Array;
  readonly value: number;
  readonly iterations: number;
  /** True where the gradient is within the tolerance, or rounding of the objective allows no better point; false where the iterations ran out first. */
  readonly converged: boolean;
}

/** Share of the promised decrease that a step must bring. */
const armijo = 1e-4;
/** Share of the slope that may be left after a step whose decrease is lost in rounding. */
const curvature = 0.9;
/** Changes of the objective below this part of it are its rounding: it is computed in float32. */
const rounding = 1e-7;
const halvings = 30;
/** Steps within the rounding that may pass without a smaller gradient. */
const patience = 10;

/**
 * Limited-memory BFGS with a backtracking line search, for smooth convex functions. A step must decrease the objective, or, where its change
 * is within rounding, leave a slope that is not steeper: near the minimum the gradient knows more digits than the value.
 *
 * @see Hager and Zhang 2005, "A New Conjugate Gradient Method with Guaranteed Descent and an Efficient Line Search", equation 4.1.
 * @see Nocedal and Wright 2006, "Numerical Optimization", algorithms 7.4 and 7.5.
 */
export async function lbfgs(objective: Objective, start: Float64Array, options: LbfgsOptions = {}): Promise<LbfgsResult> {
  const { iterations, tolerance, memory } = { ...lbfgsDefaults, ...options };
  const pairs: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  let point = start;
  let { value, gradient } = await objective(point);
  let best = { point, value, largest: largestOf(gradient) };
  let idle = 0;
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (best.largest <= tolerance || idle >= patience) return { point: best.point, value: best.value, iterations: iteration, converged: true };
    const direction = twoLoops(gradient, pairs);
    const slope = dot(direction, gradient);
    let step = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let next = await objective(moved(point, direction, step));
    for (let i = 0; i < halvings && !accepted(); i++) {
      step /= 2;
      next = await objective(moved(point, direction, step));
    }
    // No step along this direction is better: as good as it gets.
    if (!accepted()) return { point: best.point, value: best.value, iterations: iteration, converged: true };
    idle = withinRounding() ? idle + 1 : 0;
    const s = direction.map((part) => part * step);
    const before = gradient;
    const y = next.gradient.map((part, i) => part - before[i]!);
    const bend = dot(s, y);
    if (bend > 1e-12 * dot(y, y)) pairs.push({ s, y, rho: 1 / bend });
    if (pairs.length > memory) pairs.shift();
    point = moved(point, direction, step);
    ({ value, gradient } = next);
    const largest = largestOf(gradient);
    if (largest < best.largest || idle === 0) {
      best = { point, value, largest };
      idle = 0;
    }

    function withinRounding(): boolean {
      return Math.abs(next.value - value) <= rounding * Math.abs(value);
    }

    function accepted(): boolean {
      if (next.value <= value + armijo * step * slope) return true;
      const left = dot(direction, next.gradient);
      return withinRounding() && left >= curvature * slope && left <= (2 * armijo - 1) * slope;
    }
  }
  return { point: best.point, value: best.value, iterations, converged: false };
}

function largestOf(gradient: Float64Array): number {
  return gradient.reduce((most, part) => Math.max(most, Math.abs(part)), 0);
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
