import { keyRing } from '../codec/keys';
import { SEALED_COLUMNS, type SealedColumnName } from '../codec/places';
import { readSealingConfig } from '../config';
import { type Database, openDatabase } from '../prisma/store/shared/database';
import { keysInUse, resealColumn } from '../prisma/store/shared/sealed-values';

/**
 * `npm run reseal`: seals everything that may change anew with the first of CODEC_KEYS, and says what the other keys are
 * still needed for (docs/keys.md). It may run beside the application, and be repeated.
 */
async function main(): Promise<void> {
  const config = readSealingConfig();
  const keys = keyRing(config.CODEC_KEYS);
  const db = openDatabase(config.DATABASE_URL, 2);
  try {
    for (const name of names()) {
      const { table, column, appendOnly } = SEALED_COLUMNS[name];
      const { resealed, unreadable } = appendOnly ? { resealed: 0, unreadable: 0 } : await resealColumn(db, keys, name);
      const lost = unreadable === 0 ? '' : `; ${unreadable} left, their key is not in CODEC_KEYS`;
      const what = appendOnly ? 'append-only: keeps its keys' : `${resealed} sealed anew${lost}`;
      console.log(`${table}.${column}: ${what}; ${await inUse(db, name)}`);
    }
  } finally {
    await db.$disconnect();
  }
}

const isName = (name: string): name is SealedColumnName => name in SEALED_COLUMNS;
const names = () => Object.keys(SEALED_COLUMNS).filter(isName);

async function inUse(db: Database, name: SealedColumnName): Promise<string> {
  const used = await keysInUse(db, name);
  return used.length === 0 ? 'holds nothing' : used.map(({ keyId, values }) => `${values} with ${keyId}`).join(', ');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
