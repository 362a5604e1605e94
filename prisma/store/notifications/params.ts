/** A message's parameters that are texts; the others have no words: null is what the step had none of. */
export function textsOf(params: unknown): Record<string, string> {
  const texts: Record<string, string> = {};
  if (typeof params !== 'object' || params === null) return texts;
  for (const [name, value] of Object.entries(params)) if (typeof value === 'string') texts[name] = value;
  return texts;
}
