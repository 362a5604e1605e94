/** Plain JSON, as documents are stored. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** One field in which two documents differ; null stands for nothing. `field` is a path: `service.email`, `specs[spc_1].priceFen`. */
export type FieldChange = { field: string; before: Json; after: Json };

/**
 * Compares two documents field by field. Lists of things with ids are compared by those, so that a thing moved or
 * inserted is not a change of all that follow; other lists are compared as a whole.
 * @returns the fields that differ, in the order of the documents
 */
export function diffOf(before: Json | undefined, after: Json | undefined): FieldChange[] {
  return changesAt('', before ?? null, after ?? null);
}

function changesAt(field: string, before: Json, after: Json): FieldChange[] {
  const [old, now] = [partsOf(before, field), partsOf(after, field)];
  const areParts = (parts: unknown, value: Json) => parts !== null || value === null;
  if ((old ?? now) === null || !areParts(old, before) || !areParts(now, after)) {
    return isSame(before, after) ? [] : [{ field, before, after }];
  }
  const names = new Set([...(old ?? new Map()).keys(), ...(now ?? new Map()).keys()]);
  return [...names].flatMap((name) => changesAt(name, old?.get(name) ?? null, now?.get(name) ?? null));
}

/** The parts of a document by their paths; null where it is one value. */
function partsOf(value: Json, field: string): Map<string, Json> | null {
  if (isList(value)) {
    const ids = value.map(idOf);
    if (value.length === 0 || ids.includes(null)) return null;
    return new Map(value.map((item, index) => [`${field}[${ids[index]}]`, item]));
  }
  if (value === null || typeof value !== 'object') return null;
  const prefix = field === '' ? '' : `${field}.`;
  return new Map(Object.entries(value).map(([name, part]) => [`${prefix}${name}`, part ?? null]));
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

function idOf(value: Json): string | null {
  if (value === null || typeof value !== 'object' || isList(value)) return null;
  return typeof value.id === 'string' ? value.id : null;
}

/** Whether two values read the same; the order of an object's fields says nothing. */
function isSame(before: Json, after: Json): boolean {
  return JSON.stringify(sorted(before)) === JSON.stringify(sorted(after));
}

function sorted(value: Json): Json {
  if (isList(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, part]) => [name, sorted(part ?? null)]),
  );
}
