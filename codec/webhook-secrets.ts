import { z } from 'zod';
import type { SigningSecret } from '../domain/webhooks/secrets';
import { type KeyRing, openText, sealText } from './keys';
import { placeOf } from './places';

const stored = z.array(z.object({ secret: z.string(), untilMs: z.number().nullable() }));

/** An endpoint's signing secrets as they are stored. */
export const sealSecrets = (keys: KeyRing, secrets: SigningSecret[], endpointId: string): Buffer =>
  sealText(keys, JSON.stringify(secrets), placeOf('webhookSecrets', endpointId));

/** The secrets that `sealSecrets` stored. @throws as `openText` */
export const openSecrets = (keys: KeyRing, sealed: Uint8Array, endpointId: string): SigningSecret[] =>
  stored.parse(JSON.parse(openText(keys, sealed, placeOf('webhookSecrets', endpointId))));
