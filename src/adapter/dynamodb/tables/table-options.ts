/** What a table is besides its keys: how it is billed and encrypted, and whether it can be restored. */

import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";

/** What configuration says; undefined is left as it is, and on demand with the database's own key where a table is made. */
export interface TableOptions {
  readonly billing: "on_demand" | { readonly read: number; readonly write: number } | undefined;
  /** `owned` by the database, `kms` with the account's key for it, or a key's id. */
  readonly encryption: string | undefined;
  readonly recovery: boolean | undefined;
}

export function optionsInput({ billing, encryption }: TableOptions): Partial<CreateTableCommandInput> {
  return { ...billingInput(billing ?? "on_demand"), ...(encryption !== undefined && encryptionInput(encryption)) };
}

/** Of a table or an index. */
export function throughput({ billing }: TableOptions): Pick<CreateTableCommandInput, "ProvisionedThroughput"> {
  if (billing === undefined || billing === "on_demand") return {};
  return { ProvisionedThroughput: { ReadCapacityUnits: billing.read, WriteCapacityUnits: billing.write } };
}

export function billingInput(
  billing: NonNullable<TableOptions["billing"]>,
): Pick<CreateTableCommandInput, "BillingMode" | "ProvisionedThroughput"> {
  if (billing === "on_demand") return { BillingMode: "PAY_PER_REQUEST" };
  return { BillingMode: "PROVISIONED", ...throughput({ billing, encryption: undefined, recovery: undefined }) };
}

export function encryptionInput(encryption: string): Pick<CreateTableCommandInput, "SSESpecification"> {
  if (encryption === "owned") return { SSESpecification: { Enabled: false } };
  const key = encryption === "kms" ? {} : { KMSMasterKeyId: encryption };
  return { SSESpecification: { Enabled: true, SSEType: "KMS", ...key } };
}
