/** The shop's products over HTTP, on NestJS. */

import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Query,
  ServiceUnavailableException,
} from "@nestjs/common";
import {
  changesFromJson,
  increment,
  initFromJson,
  toJson,
  type CallOptions,
  type Database,
  type JsonObject,
} from "pannier/client";
import type { Packages } from "./gen/index.ts";
import { Product } from "./gen/shop/v1/client.ts";

/** What providers ask for: the one client of the process. */
export const DATABASE = Symbol("database");

@Controller()
export class ProductsController {
  readonly #db: Database<Packages>;

  constructor(@Inject(DATABASE) db: Database<Packages>) {
    this.#db = db;
  }

  @Get("health")
  async health(): Promise<JsonObject> {
    const health = await this.#db.health();
    if (health !== "serving") throw new ServiceUnavailableException({ health });
    return { health };
  }

  @Post("products")
  async create(@Body() body: unknown, @Headers("traceparent") trace?: string): Promise<JsonObject> {
    return toJson(Product, await this.#db.shop.products.create(initFromJson(Product, body), callOf(trace)));
  }

  @Get("products/:id")
  async get(@Param("id") id: string, @Headers("traceparent") trace?: string): Promise<JsonObject> {
    return toJson(Product, await this.#db.shop.products.get({ id }, callOf(trace)));
  }

  @Patch("products/:id")
  async update(
    @Param("id") id: string,
    @Body() body: unknown,
    @Headers("traceparent") trace?: string,
  ): Promise<JsonObject> {
    const changes = changesFromJson(Product, body);
    return toJson(Product, await this.#db.shop.products.update({ id }, changes, callOf(trace)));
  }

  @Get("products")
  async list(
    @Query("category") category: string = "",
    @Query("pageToken") pageToken?: string,
    @Headers("traceparent") trace?: string,
  ): Promise<object> {
    const page = await this.#db.shop.products.list({ where: { category }, pageSize: 20, pageToken, ...callOf(trace) });
    return { products: page.entities.map((product) => toJson(Product, product)), nextPageToken: page.nextPageToken };
  }

  /** Takes a piece, unless none is left: one step, however many ask at once. */
  @Post("products/:id/sales")
  @HttpCode(200)
  async sell(@Param("id") id: string, @Headers("traceparent") trace?: string): Promise<JsonObject> {
    const one = { condition: { stock: { gte: 1 } }, ...callOf(trace) };
    return toJson(Product, await this.#db.shop.products.update({ id }, { stock: increment(-1) }, one));
  }
}

function callOf(traceparent: string | undefined): CallOptions {
  return { timeout: 2_000, traceparent };
}
