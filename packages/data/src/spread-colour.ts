/** A colour for each index, spread evenly: steps of the plastic number's sequence. */
export function spreadColour(index: number): [number, number, number] {
  const part = (step: number): number => Math.floor(((0.5 + (index + 1) * step) % 1) * 256);
  return [part(0.8191725134), part(0.6710436067), part(0.5497004779)];
}
