import { labelled } from '../wording';

export const ROLES = { buyer: 'the buyer', provider: 'the provider', ops: 'operations' };
export const reason = (text: string) => labelled('Reason: ', text);
