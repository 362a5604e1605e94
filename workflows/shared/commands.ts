import { currentUpdateInfo, setHandler } from '@temporalio/workflow';
import { asOf, type DeadlineRules, type NamedDeadline } from '../../domain/shared/deadlines';
import type { Command } from '../../domain/shared/step';
import { refusal } from './failures';
import { type Commands, causeOf } from './subject';
import type { Supervision } from './supervision';

/**
 * Handles the commands of an object: each is validated before it enters the history, and judged again, recorded and
 * answered when those before it are done.
 * @returns how many have entered the history of this run
 */
export function handleCommands<S, Sent, C extends Command, D extends NamedDeadline>(
  commands: Commands<S, Sent, C>,
  rules: DeadlineRules<S, D>,
  { records, deadlines, exclusively, whyRefused }: Supervision<S, C>,
): () => number {
  let updates = 0;

  /** A command with its id, in the handler or validator of its update. */
  function received(sent: Sent): C {
    const update = currentUpdateInfo();
    if (update === undefined) throw new Error('Commands come by updates only');
    return commands.received(sent, update.id);
  }

  /** Refuses at once what is not legal, deadlines that are due counted as passed; nothing enters the history. */
  function validate(sent: Sent): void {
    if (records.sequence() === 0) return;
    const why = commands.judge(asOf(records.state(), rules, Date.now()), received(sent));
    if (why !== null) throw refusal(why, records.sequence());
  }

  /** Judges a command on what the table holds and records it; returns when its row is there. */
  async function perform(command: C): Promise<void> {
    for (;;) {
      const refused = whyRefused();
      if (refused !== null) throw refused;
      await deadlines.passDue();
      const why = commands.judge(records.state(), command);
      if (why === null) {
        const transition = commands.apply(records.state(), command, Date.now());
        if (await records.record(causeOf(command), transition, command)) return;
      } else if (!(await records.catchUp())) throw refusal(why);
    }
  }

  for (const update of commands.updates) {
    const submit = (sent: Sent) => {
      const command = received(sent);
      updates += 1;
      return exclusively(() => perform(command));
    };
    setHandler(update, submit, { validator: validate });
  }
  return () => updates;
}
