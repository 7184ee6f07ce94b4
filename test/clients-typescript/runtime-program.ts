// What runs on every runtime, with the client as it is installed: `runtime-program.ts TARGET` prints what it saw.
import { argv } from "node:process";
import { ConditionFailedError, increment, toJson } from "pannier/client";
import { connect } from "../../clients/examples/typescript/gen/index.ts";
import { Product, type Product as Row } from "../../clients/examples/typescript/gen/shop/v1/client.ts";

const db = await connect({ target: argv[2] });
const { id, name, version } = await db.shop.products.create({ name: "Lamp", stock: 1 });
console.log(JSON.stringify(toJson(Product, { name, version })));

const enough = { condition: { stock: { gte: 1 } } };
const sell = (): Promise<Row> => db.shop.products.update({ id }, { stock: increment(-1) }, enough);
console.log((await sell()).stock);
console.log(await sell().catch((error: unknown) => error instanceof ConditionFailedError && error.reason));

let scanned = 0;
for await (const row of db.shop.products.scan()) if (row.id === id) scanned += 1;
console.log(scanned);

const [put] = await db.transaction([db.shop.products.put.op({ id, stock: 7 })]);
console.log(put.entity.stock, await db.health());

const rows = await Promise.all(Array.from({ length: 1_000 }, () => db.shop.products.get({ id })));
console.log(rows.every(({ stock }) => stock === 7));

const late = await db.shop.products.get({ id }, { signal: AbortSignal.abort() }).catch((error: Error) => error.name);
await db.close();
console.log(late);
