/** Whom a connection believes, and as whom it signs in. */

import { readFile } from "node:fs/promises";
import { checkServerIdentity } from "node:tls";
import type { auth, ClientOptions } from "cassandra-driver";
import type { CqlDriver } from "./driver.ts";
import type { Settings } from "../settings.ts";

/** `require` encrypts and believes, `verify-ca` looks at who signed, `verify-full` at the name too. */
export async function tlsOf({ tls: { mode, files }, hosts }: Settings): Promise<ClientOptions["sslOptions"]> {
  if (mode === "disable") return undefined;
  const contents = async (file: string | undefined): Promise<string | undefined> =>
    file === undefined ? undefined : readFile(file, "utf8");
  const [ca, cert, key] = await Promise.all([files.sslrootcert, files.sslcert, files.sslkey].map(contents));
  return {
    rejectUnauthorized: mode !== "require",
    checkServerIdentity: mode === "verify-full" ? identityOf(hosts) : () => undefined,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

/** The driver connects to addresses: a host is who the configuration names, or who has the address that the cluster told. */
function identityOf(hosts: readonly string[]): typeof checkServerIdentity {
  const names = hosts.map((host) => host.replace(/:\d+$/u, ""));
  return (address, certificate) =>
    names.some((name) => checkServerIdentity(name, certificate) === undefined)
      ? undefined
      : checkServerIdentity(address, certificate);
}

/** The password is read from its file at every connection, so that it can change. */
export function signingIn({ auth: { PlainTextAuthProvider } }: CqlDriver, settings: Settings): auth.AuthProvider {
  const { user, password = "" } = settings;
  return new (class extends PlainTextAuthProvider {
    override newAuthenticator(endpoint: string, name: string): auth.Authenticator {
      const plain = (now: string): auth.Authenticator =>
        new PlainTextAuthProvider(user, now).newAuthenticator(endpoint, name);
      return {
        initialResponse: (callback) => {
          const answer = async (): Promise<void> => plain(await passwordNow(settings)).initialResponse(callback);
          void answer(); // never rejects
        },
        evaluateChallenge: (challenge, callback) => plain(password).evaluateChallenge(challenge, callback),
        onAuthenticationSuccess: () => {},
      };
    }
  })(user, password);
}

/** The one of the start where there is no file, or it is being replaced. */
async function passwordNow({ passwordFile, password = "" }: Settings): Promise<string> {
  if (passwordFile === undefined) return password;
  const text = await readFile(passwordFile, "utf8").catch(() => "");
  return text.replace(/\r?\n$/u, "") || password;
}
