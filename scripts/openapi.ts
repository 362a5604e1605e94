import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openApiDocument } from '../api/http/openapi';
import { apiWithoutConnections } from './parts/api';
import { projectRoot } from './parts/root';

/**
 * Writes docs/openapi.json from the schemas that validate the requests; `--check` fails where the two
 * disagree.
 */
const file = path.join(projectRoot, 'docs', 'openapi.json');

/** The document as the file has it. */
export function openApiText(): string {
  return `${JSON.stringify(openApiDocument(apiWithoutConnections().registry), null, 2)}\n`;
}

function main(): void {
  const text = openApiText();
  switch (process.argv[2]) {
    case undefined:
      writeFileSync(file, text);
      return;
    case '--check':
      if (readFileSync(file, 'utf8') === text) return;
      throw new Error('docs/openapi.json is not what the API serves: node dist/scripts/openapi.js');
    default:
      throw new Error('Usage: openapi [--check]');
  }
}

if (require.main === module) {
  try {
    main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
