import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

// What operations can search for in the Temporal UI; scripts/parts/temporal.ts registers the same names.
export const PROVIDER_ID = defineSearchAttributeKey('ProviderId', SearchAttributeType.KEYWORD);
export const STAGE = defineSearchAttributeKey('Stage', SearchAttributeType.KEYWORD);
export const FROZEN = defineSearchAttributeKey('Frozen', SearchAttributeType.BOOL);
export const DUE_AT = defineSearchAttributeKey('DueAt', SearchAttributeType.DATETIME);
export const OVERDUE = defineSearchAttributeKey('Overdue', SearchAttributeType.BOOL);
