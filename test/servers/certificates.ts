// Certificates for tests of TLS, made with the openssl program: two authorities, a server that is `localhost`, and clients by their names.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Files by what they are: `ca.pem`, `other-ca.pem`, `server.pem` and `server.key`, `NAME.pem` and `NAME.key` for each client. */
export async function makeCertificates(folder: string, clients: readonly string[]): Promise<void> {
  const openssl = async (...args: readonly string[]): Promise<void> => {
    await run("openssl", args, { cwd: folder }).catch((cause: unknown) => {
      throw new Error("the openssl program, 3.0 or newer, makes the certificates of the tests; install it", { cause });
    });
  };
  for (const ca of ["ca", "other-ca"])
    await openssl(
      "req",
      "-x509",
      ...KEY,
      "-keyout",
      `${ca}.key`,
      "-out",
      `${ca}.pem`,
      "-days",
      "30",
      "-subj",
      `/CN=${ca}`,
    );
  const signed = async (file: string, name: string, ...more: readonly string[]): Promise<void> => {
    await openssl("req", ...KEY, "-keyout", `${file}.key`, "-out", `${file}.csr`, "-subj", `/CN=${name}`, ...more);
    const by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy"];
    await openssl("x509", "-req", "-in", `${file}.csr`, ...by, "-out", `${file}.pem`, "-days", "30");
  };
  await signed("server", "localhost", "-addext", "subjectAltName=DNS:localhost");
  for (const client of clients) await signed(client, client);
}
