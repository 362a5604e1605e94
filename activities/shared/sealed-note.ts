import { ApplicationFailure } from '@temporalio/activity';
import { sealingKeyId } from '../../codec/keys';
import type { Step } from '../../domain/shared/step';

/**
 * The words of a step that only the parties may read, as the API sealed them (ORD-2); null for other steps.
 * @param isSealed whether the step's action is such a one
 * @throws ApplicationFailure when they come in plain: they must not be stored so
 */
export function sealedNoteOf(
  { action, note }: Pick<Step<unknown>, 'action' | 'note'>,
  isSealed: boolean,
): Buffer | null {
  if (!isSealed) return null;
  const sealed = Buffer.from(note, 'base64');
  if (sealed.toString('base64') === note && sealingKeyId(sealed) !== '') return sealed;
  throw ApplicationFailure.nonRetryable(`The words of ${action} came unsealed`);
}
