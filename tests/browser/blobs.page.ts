/** Runs in Chromium: blobs by the donor's inputs, and the cache that they lie in. */
import { BlobCache } from "../../client/donor/inputs/blob-cache.ts";
import { Inputs } from "../../client/donor/inputs/inputs.ts";
import type { JobPlan } from "../../shared/plan.ts";

const CACHE = "idlewave-blobs";
let fetched = 0;
const plainFetch = globalThis.fetch.bind(globalThis);
globalThis.fetch = (...args) => {
  fetched++;
  return plainFetch(...args);
};

const api = {
  /** Keeps blobs of these lengths one after the other, touching `touched` before the last; answers what is left. */
  async keep(budget: number, lengths: number[], touched: number) {
    await caches.delete(CACHE);
    const cache = new BlobCache(budget);
    for (const [i, length] of lengths.entries()) {
      if (i === lengths.length - 1) await cache.get(`/${touched}`);
      await cache.put(`/${i}`, new Uint8Array(length));
    }
    return this.names();
  },
  async names() {
    const cache = await caches.open(CACHE);
    return (await cache.keys()).map(({ url }) => new URL(url).pathname);
  },
  /** As after a reload: a cache that does not know what is kept yet. */
  async keepMore(budget: number, name: string, length: number) {
    await new BlobCache(budget).put(name, new Uint8Array(length));
    return this.names();
  },
  async keepOld(name: string) {
    await (await caches.open(CACHE)).put(name, new Response(new Uint8Array(10)));
  },
  /** The text of a blob and how often the network was asked for it. */
  async blob(hash: string, times: number, damage: boolean) {
    fetched = 0;
    let text = "";
    for (let i = 0; i < times; i++) {
      text = new TextDecoder().decode(await new Inputs(location.origin).blob(hash, 1000));
      if (damage && i === 0) await (await caches.open(CACHE)).put(`/blobs/${hash}`, new Response("damaged"));
    }
    return { text, fetched };
  },
  /** How many requests units need that are computed one after the other, when those that follow were fetched ahead. */
  async ahead(plan: JobPlan, units: number[]) {
    await caches.delete(CACHE);
    const inputs = new Inputs(location.origin);
    inputs.fetchAhead(plan, units);
    await new Promise((later) => setTimeout(later, 500));
    fetched = 0;
    const texts: string[] = [];
    for (const unit of units) texts.push(new TextDecoder().decode((await inputs.pieces(plan, unit))?.get(0)));
    return { texts, fetched };
  },
};

Object.assign(globalThis, { api, ready: true });
