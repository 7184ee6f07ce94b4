/** What connections sign in with and whom they believe: read from its files for each connection, so that it can change while the sidecar runs. */

import { readFile } from "node:fs/promises";
import { checkServerIdentity, type ConnectionOptions } from "node:tls";
import type { StoreSettings } from "../../../opening.ts";
import { TLS_FILES } from "../../../tls-parameters.ts";
import type { ServerSettings } from "../settings.ts";

export interface Credentials {
  readonly password: string | undefined;
  /** Undefined is no TLS. */
  readonly tls: TlsOptions | undefined;
}

export interface TlsOptions extends Pick<ConnectionOptions, "ca" | "cert" | "key"> {
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity: NonNullable<ConnectionOptions["checkServerIdentity"]>;
}

export interface CredentialSource {
  /** As the files are now; one that is empty or cannot be read at the moment is as it was. Rejects where it never could be read. */
  now(): Promise<Credentials>;
  /** Whether they are others than when this was asked before, or than the first that were given. Never rejects. */
  haveChanged(): Promise<boolean>;
}

type Files = { readonly [Name in (typeof TLS_FILES)[number] | "password"]?: string };

export function credentialsOf({ passwordFile }: StoreSettings, { password, tls }: ServerSettings): CredentialSource {
  const known = new Map<string, string>();
  const contents = async (file: string): Promise<string> => {
    const text = await readFile(file, "utf8").catch((error: unknown) => {
      if (!known.has(file)) throw error;
      return "";
    });
    if (text.trim() === "") return known.get(file) ?? ""; // whoever writes it anew may have emptied it first
    known.set(file, text);
    return text;
  };
  const signingIn = async (): Promise<string | undefined> => {
    if (passwordFile === undefined) return password;
    const text = await contents(passwordFile).catch(() => "");
    return text.replace(/\r?\n$/u, "") || password;
  };
  const read = async (): Promise<Files> => {
    const files = tls.mode === "disable" ? {} : tls.files;
    const named = TLS_FILES.map(async (name) => {
      const file = files[name];
      return file === undefined ? [] : [[name, await contents(file)] as const];
    });
    const secret = await signingIn();
    return {
      ...Object.fromEntries((await Promise.all(named)).flat()),
      ...(secret !== undefined && { password: secret }),
    };
  };
  let asked: string | undefined;
  return {
    now: async () => {
      const files = await read();
      asked ??= JSON.stringify(files); // the first connections are made before the first look
      return { password: files.password, tls: tls.mode === "disable" ? undefined : tlsOptions(tls.mode, files) };
    },
    haveChanged: async () => {
      const before = asked;
      asked = await read().then(JSON.stringify, () => before);
      return before !== undefined && asked !== before;
    },
  };
}

/** As libpq has the modes: `require` encrypts and believes, `verify-ca` looks at who signed, `verify-full` at the name too. */
function tlsOptions(mode: ServerSettings["tls"]["mode"], files: Files): TlsOptions {
  const { sslrootcert: ca, sslcert: cert, sslkey: key } = files;
  return {
    rejectUnauthorized: mode !== "require",
    checkServerIdentity: mode === "verify-full" ? checkServerIdentity : () => undefined,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}
