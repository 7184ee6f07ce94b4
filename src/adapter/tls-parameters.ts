/** What a url says of TLS, where a store is a database server: `?sslmode=verify-full&sslrootcert=…`. */

export const SSL_MODES = ["disable", "require", "verify-ca", "verify-full"] as const;

/** Files that TLS needs, by the url's parameter. */
export const TLS_FILES = ["sslrootcert", "sslcert", "sslkey"] as const;

export interface TlsParameters {
  readonly mode: (typeof SSL_MODES)[number];
  /** Paths. */
  readonly files: { readonly [Name in (typeof TLS_FILES)[number]]?: string };
}

/** What is named and would not be used: whoever names an authority believes that it is looked at. */
export function tlsProblems({ mode, files }: TlsParameters): readonly string[] {
  const named = TLS_FILES.find((name) => files[name] !== undefined);
  const hasRoot = files.sslrootcert !== undefined;
  if (mode === "disable")
    return named === undefined ? [] : [`names an ${named} and asks for no TLS; add sslmode=verify-full`];
  const problems: string[] = [];
  if (mode === "verify-ca" && !hasRoot) problems.push("asks for verify-ca and names no sslrootcert");
  if (mode === "require" && hasRoot)
    problems.push("names an sslrootcert, at which require does not look; ask for verify-full or verify-ca");
  if ((files.sslcert === undefined) !== (files.sslkey === undefined))
    problems.push("names one of sslcert and sslkey; a certificate needs both");
  return problems;
}
