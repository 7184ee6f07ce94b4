/** What may change while the server runs, as objects that are handed down once and change in place: the hot path reads a plain property. */

import type { Config, LimitsConfig } from "../config/config.ts";
import { settingOf } from "../config/settings.ts";
import { DEFAULT_LIMITS, type RepositoryLimits } from "../repository/limits.ts";
import { createSealer, type TokenSealer } from "../repository/pages/page-token.ts";
import type { Timeout } from "../transport/transport.ts";

export interface LiveSettings {
  /** For the transport and the codecs. */
  readonly limits: LimitsConfig;
  readonly repositoryLimits: RepositoryLimits;
  /** Of unary calls. */
  readonly timeout: Timeout;
  readonly tokens: TokenSealer;
  readonly unknownEntityFields: Config["unknownEntityFields"];
  /** Milliseconds. */
  readonly slowCalls: () => number;
  /** Milliseconds. */
  readonly grace: () => number;
  readonly scansOf: (entity: string, store: string) => "refuse" | "allow";
  /** Takes over what may change, and nothing else. */
  apply(config: Config): void;
}

/** `config.tokens` holds at least one key. */
export function liveSettings(config: Config, random: (bytes: number) => Uint8Array): LiveSettings {
  let now = config;
  let sealer = createSealer({ keys: config.tokens.keys, random });
  const limits = { ...config.limits };
  // The largest message is what the transport was started with, so tokens follow no reload either.
  const tokenBytes = Math.floor(config.limits.messageBytes / 2);
  const repositoryLimits = { ...DEFAULT_LIMITS, ...repositoryLimitsOf(config), tokenBytes };
  const timeout = timeoutOf(config);
  return {
    limits,
    repositoryLimits,
    timeout,
    tokens: {
      seal: (content, binding) => sealer.seal(content, binding),
      open: (token, binding) => sealer.open(token, binding),
    },
    unknownEntityFields: config.unknownEntityFields,
    slowCalls: () => now.log.slowCalls,
    grace: () => now.shutdown.grace,
    scansOf: (entity, store) => now.entities.get(entity)?.scans ?? now.stores.get(store)?.scans ?? "refuse",
    apply: (next) => {
      now = next;
      if (next.tokens.keys.length > 0) sealer = createSealer({ keys: next.tokens.keys, random });
      Object.assign(limits, liveLimits(next.limits));
      Object.assign(repositoryLimits, repositoryLimitsOf(next));
      Object.assign(timeout, timeoutOf(next));
    },
  };
}

function repositoryLimitsOf({ limits: { pageSize, maxPageSize, batchItems } }: Config): Partial<RepositoryLimits> {
  return { pageSize, maxPageSize, batchItems };
}

function timeoutOf({ limits: { defaultTimeout, maxTimeout } }: Config): Timeout {
  return { fallback: defaultTimeout, maximum: maxTimeout };
}

/** The table of settings says which; `pageSize` is `limits.page_size` there. */
function liveLimits(limits: LimitsConfig): Partial<LimitsConfig> {
  const path = (name: string): string =>
    `limits.${name.replaceAll(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)}`;
  return Object.fromEntries(Object.entries(limits).filter(([name]) => settingOf(path(name))?.setting.live === true));
}
