/** `node dist/main.js [port]`: connects to the sidecar of PANNIER_TARGET, then serves until SIGTERM. */

import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import { PannierErrorFilter } from "./pannier-error.filter.ts";
import { ShopModule } from "./shop.module.ts";

const application = await NestFactory.create(ShopModule, { logger: ["error"] });
application.useGlobalFilters(new PannierErrorFilter());
application.enableShutdownHooks();
await application.listen(Number(process.argv[2] ?? 8080), "127.0.0.1");
console.log(`listening on ${await application.getUrl()}`);
