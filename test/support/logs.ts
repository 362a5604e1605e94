import path from 'node:path';
import { projectRoot } from '../../scripts/parts/root';

/** Where the servers of the tests write; named when something has failed (test/support/log-reporter.cjs). */
export const LOGS = path.join(projectRoot, '.cache', 'test-logs');
