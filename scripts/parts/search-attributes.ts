import { Connection, type ConnectionOptions } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { searchAttributes } from './temporal';

const { IndexedValueType } = temporal.api.enums.v1;
const types = {
  Keyword: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Bool: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
  Datetime: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
} as const;

/** Registers on a Temporal server of somebody else's what it does not know yet of our search attributes. */
export async function registerSearchAttributes(options: ConnectionOptions, namespace: string): Promise<string[]> {
  const connection = await Connection.connect({ connectTimeout: 10_000, ...options });
  try {
    const known = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = Object.entries(searchAttributes).filter(([name]) => !(name in known.customAttributes));
    if (missing.length > 0) {
      const wanted = Object.fromEntries(missing.map(([name, type]) => [name, types[type]]));
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: wanted });
    }
    return missing.map(([name]) => name);
  } finally {
    await connection.close();
  }
}
