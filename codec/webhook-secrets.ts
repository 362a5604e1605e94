import { z } from 'zod';
import type { SigningSecret } from '../domain/webhooks/secrets';
import { type KeyRing, openText, sealText } from './keys';

const stored = z.array(z.object({ secret: z.string(), untilMs: z.number().nullable() }));

/** An endpoint's signing secrets as they are stored. */
export const sealSecrets = (ring: KeyRing, secrets: SigningSecret[]): Buffer => sealText(ring, JSON.stringify(secrets));

/** The secrets that `sealSecrets` stored. @throws Error as `KeyRing.open` */
export const openSecrets = (ring: KeyRing, sealed: Uint8Array): SigningSecret[] =>
  stored.parse(JSON.parse(openText(ring, sealed)));
