import { readFileSync } from 'node:fs';
import { type Policy, parsePolicy } from '../domain/policies/catalogue';
import type { Config } from './index';

/**
 * The policies this process starts new business with: the defaults, overridden by `POLICY_FILE` (GEN-3).
 * @throws Error naming the file and what is wrong with it; a process must not start on guessed policies.
 */
export function loadPolicy(config: Pick<Config, 'POLICY_FILE'>): Policy {
  const file = config.POLICY_FILE;
  if (file === undefined) return parsePolicy();
  try {
    return parsePolicy(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Error(`POLICY_FILE ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
