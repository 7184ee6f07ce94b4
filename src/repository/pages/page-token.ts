/**
 * Sealed tokens: AES-256-GCM over a position, bound to its query as additional data. Whoever has the key can continue;
 * nobody else can read, forge or move one to another query. Layout: format (1), nonce (12), text, tag (16); base64url.
 */

import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { Fault } from "../../model/fault.ts";

export interface TokenSealer {
  seal(content: Uint8Array, binding: Uint8Array): string;
  /** Undefined for anything that was not sealed with one of the keys for this binding. */
  open(token: string, binding: Uint8Array): Uint8Array | undefined;
}

export interface SealerOptions {
  /** Newest first: the first seals, all open. At least one; each of 16 bytes or more. */
  readonly keys: readonly Uint8Array[];
  readonly random: (bytes: number) => Uint8Array;
}

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function createSealer({ keys, random }: SealerOptions): TokenSealer {
  const secrets = keys.map(deriveKey);
  const [newest] = secrets;
  if (!newest) throw new RangeError("page tokens need at least one key");
  return {
    seal: (content, binding) => {
      const nonce = random(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", newest, nonce);
      cipher.setAAD(binding);
      const text = Buffer.concat([cipher.update(content), cipher.final()]);
      return Buffer.concat([Buffer.of(FORMAT), nonce, text, cipher.getAuthTag()]).toString("base64url");
    },
    open: (token, binding) => {
      if (!/^[\w-]+$/.test(token)) return undefined;
      const bytes = Buffer.from(token, "base64url");
      if (bytes[0] !== FORMAT || bytes.length < 1 + NONCE_BYTES + TAG_BYTES) return undefined;
      for (const secret of secrets) {
        const content = decrypt(secret, bytes, binding);
        if (content) return content;
      }
      return undefined;
    },
  };
}

/** Keys of any length and origin, made fit for this one use. An object: of bare bytes each cipher would make one, which takes longer than sealing. */
function deriveKey(key: Uint8Array): KeyObject {
  if (key.length < 16) throw new RangeError(`a page token key has ${key.length} bytes; 16 is the least`);
  return createSecretKey(new Uint8Array(hkdfSync("sha256", key, "", "pannier page token v1", 32)));
}

function decrypt(secret: KeyObject, bytes: Buffer, binding: Uint8Array): Uint8Array | undefined {
  const decipher = createDecipheriv("aes-256-gcm", secret, bytes.subarray(1, 1 + NONCE_BYTES));
  decipher.setAAD(binding);
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const text = decipher.update(bytes.subarray(1 + NONCE_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([text, decipher.final()]);
  } catch {
    return undefined; // another key, another query, or forged: which one is nobody's business
  }
}

export function invalidToken(field: string): Fault {
  return new Fault(
    "PAGE_TOKEN_INVALID",
    `${field} does not continue this query: it was made for another one, or its key is retired; start again without it`,
    { field },
  );
}
