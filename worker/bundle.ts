import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';

/** Where the worker finds the workflow code it runs. */
export const BUNDLE_PATH = path.join(__dirname, '..', 'workflows.bundle.js');

/** Bundles the workflows once, at build time, so that every worker starts at once and runs the same code. */
export async function buildBundle(target = BUNDLE_PATH): Promise<void> {
  const { code } = await bundleWorkflowCode({ workflowsPath: path.join(__dirname, '..', 'workflows') });
  await writeFile(target, code);
}

if (require.main === module) {
  buildBundle().catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}
