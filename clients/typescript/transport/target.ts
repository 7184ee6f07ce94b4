/** Where the sidecar is. */

import type { ConnectOptions, TlsOptions } from "../api/connect-options.ts";

export interface Target {
  /** As it was written. */
  readonly text: string;
  readonly path: string | undefined;
  readonly host: string;
  readonly port: number;
  /** What `:authority` says. */
  readonly authority: string;
  readonly tls: TlsOptions | undefined;
}

const standard = "127.0.0.1:7070";
const form = /^(https?:\/\/)?(\[[0-9a-fA-F:.]+\]|[^:/[\]]+)(?::(\d{1,5}))?\/?$/;

/** @throws TypeError for what is no target */
export function readTarget(options: Pick<ConnectOptions, "target" | "tls">, environment: Environment): Target {
  const text = options.target ?? (environment["PANNIER_TARGET"] || standard);
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    if (path === "") throw wrong(text);
    return { text, path, host: "", port: 0, authority: "localhost", tls: options.tls };
  }
  const [, scheme, host, port = "7070"] = form.exec(text) ?? [];
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) throw wrong(text);
  const tls = scheme === "https://" ? (options.tls ?? {}) : options.tls;
  return {
    text,
    path: undefined,
    host: host.replace(/^\[|\]$/g, ""),
    port: Number(port),
    authority: `${host}:${port}`,
    tls,
  };
}

export type Environment = Readonly<Record<string, string | undefined>>;

function wrong(text: string): TypeError {
  return new TypeError(`${JSON.stringify(text)} is no target: write host:port, unix:/path or https://host:port`);
}
