/** What a table is not that it should be besides its keys, and what makes it so: billing, encryption, recovery, time to live. */

import type { TableDescription } from "@aws-sdk/client-dynamodb";
import type { Call } from "../../../model/call.ts";
import { nameOf } from "../failure.ts";
import type { Finding } from "./finding.ts";
import type { Session } from "../session.ts";
import { SWEPT_AT } from "../items/table.ts";
import { billingInput, encryptionInput, throughput, type TableOptions } from "./table-options.ts";

/** What of a table is not as it is asked for, each with what makes it so. */
export interface Lacking extends Finding {
  mendNow(session: Session, call: Call): Promise<void>;
}

export async function lackingIn(
  session: Session,
  { name, isSwept }: { readonly name: string; readonly isSwept: boolean },
  stored: TableDescription,
  options: TableOptions,
  call: Call,
): Promise<readonly (Lacking | Finding)[]> {
  const found = [billingLacking(name, stored, options), encryptionLacking(name, stored, options)];
  const [sweeping, recovery] = await Promise.all([
    isSwept ? sweepingLacking(session, name, call) : undefined,
    recoveryLacking(session, name, options, call),
  ]);
  return [...found, sweeping, recovery].filter((each) => each !== undefined);
}

function billingLacking(
  TableName: string,
  { BillingModeSummary, GlobalSecondaryIndexes = [] }: TableDescription,
  { billing }: TableOptions,
): Lacking | undefined {
  if (billing === undefined) return undefined;
  const isOnDemand = BillingModeSummary?.BillingMode === "PAY_PER_REQUEST";
  if (isOnDemand === (billing === "on_demand")) return undefined;
  const own = throughput({ billing, encryption: undefined, recovery: undefined });
  const GlobalSecondaryIndexUpdates = GlobalSecondaryIndexes.flatMap(({ IndexName }) =>
    own.ProvisionedThroughput ? [{ Update: { IndexName, ProvisionedThroughput: own.ProvisionedThroughput } }] : [],
  );
  const input = {
    TableName,
    ...billingInput(billing),
    ...(GlobalSecondaryIndexUpdates.length > 0 && { GlobalSecondaryIndexUpdates }),
  };
  return {
    what: `the table ${TableName} is billed ${isOnDemand ? "on demand" : "by provisioned capacity"}, which is not what the settings say`,
    mend: "settings",
    mendNow: async (session, call) => {
      await session.write(
        (client, { UpdateTableCommand }, sending) => client.send(new UpdateTableCommand(input), sending),
        call,
      );
    },
  };
}

function encryptionLacking(
  TableName: string,
  { SSEDescription }: TableDescription,
  { encryption }: TableOptions,
): Lacking | undefined {
  if (encryption === undefined) return undefined;
  const isByKey = SSEDescription?.Status === "ENABLED" || SSEDescription?.Status === "UPDATING";
  const isOwn = encryption === "owned" || encryption === "kms";
  const fits = isByKey
    ? encryption === "kms" || (!isOwn && SSEDescription.KMSMasterKeyArn?.endsWith(encryption) === true)
    : encryption === "owned";
  if (fits) return undefined;
  return {
    what: `the table ${TableName} is encrypted with another key than the settings say`,
    mend: "settings",
    mendNow: async (session, call) => {
      await session.write(
        (client, { UpdateTableCommand }, sending) =>
          client.send(new UpdateTableCommand({ TableName, ...encryptionInput(encryption) }), sending),
        call,
      );
    },
  };
}

async function sweepingLacking(session: Session, TableName: string, call: Call): Promise<Lacking | undefined> {
  const { TimeToLiveDescription: told } = await session.read(
    (client, { DescribeTimeToLiveCommand }, sending) =>
      client.send(new DescribeTimeToLiveCommand({ TableName }), sending),
    call,
  );
  const isOn = told?.TimeToLiveStatus === "ENABLED" || told?.TimeToLiveStatus === "ENABLING";
  if (isOn && told.AttributeName === SWEPT_AT) return undefined;
  const TimeToLiveSpecification = { Enabled: true, AttributeName: SWEPT_AT };
  return {
    what: isOn
      ? `the table ${TableName} lets items go by another attribute than ${SWEPT_AT}`
      : `the table ${TableName} does not let items go by time`,
    mend: isOn ? undefined : "settings",
    mendNow: async (sending, within) => {
      await sending
        .write(
          (client, { UpdateTimeToLiveCommand }, options) =>
            client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }), options),
          within,
        )
        .catch((error: unknown) => {
          if (nameOf(error) !== "ValidationException") throw error; // another process has just turned it on
        });
    },
  };
}

/** The local server does not know it, and says so. */
const UNKNOWN: ReadonlySet<string> = new Set(["UnknownOperationException", "AccessDeniedException"]);

async function recoveryLacking(
  session: Session,
  TableName: string,
  { recovery }: TableOptions,
  call: Call,
): Promise<Lacking | Finding | undefined> {
  if (recovery === undefined) return undefined;
  try {
    const { ContinuousBackupsDescription: told } = await session.read(
      (client, { DescribeContinuousBackupsCommand }, sending) =>
        client.send(new DescribeContinuousBackupsCommand({ TableName }), sending),
      call,
    );
    const isOn = told?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === "ENABLED";
    if (isOn === recovery) return undefined;
  } catch (error) {
    if (!UNKNOWN.has(nameOf(error))) throw error;
    return {
      what: `the table ${TableName} does not say whether it can be restored to a point in time`,
      isUnknown: true,
    };
  }
  const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: recovery };
  return {
    what: `the table ${TableName} can${recovery ? "not" : ""} be restored to a point in time, which is not what the settings say`,
    mend: "settings",
    mendNow: async (sending, within) => {
      await sending.write(
        (client, { UpdateContinuousBackupsCommand }, options) =>
          client.send(new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }), options),
        within,
      );
    },
  };
}
