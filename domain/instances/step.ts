import type { Step, StoredStep } from '../shared/step';
import type { InstanceState } from './state';
import type { InstanceTerms } from './transitions';

/** What an instance is of and whose, for life; and the policies it keeps (GEN-3). */
export type InstanceIdentity = InstanceTerms & {
  orderId: string;
  buyerId: string;
  providerId: string;
  productId: string;
  productName: string;
};

/** One step of an instance, written in one transaction: audit row, instance, its order, outbox. */
export type InstanceStep = Step<InstanceState> & { identity: InstanceIdentity };

/** The step that the table holds at a sequence. */
export type StoredInstanceStep = StoredStep<InstanceState>;
