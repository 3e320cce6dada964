/**
 * Blobs kept in the browser's Cache API, within a budget. Which were used last is remembered in memory only: after a reload
 * the oldest go first. A cache that fails costs a download, nothing else.
 */
const CACHE = "idlewave-blobs";
/** Of the disk of someone who lends a GPU. */
const BUDGET_BYTES = 256 * 1024 * 1024;
/** The Cache API does not tell how long a body is without reading it. */
const LENGTH_HEADER = "content-length";

export class BlobCache {
  private readonly budgetBytes: number;
  private cache: Promise<Cache | undefined> | undefined;
  /** Bytes by address, the least recently used first. */
  private readonly kept = new Map<string, number>();
  private keptBytes = 0;

  constructor(budgetBytes: number = BUDGET_BYTES) {
    this.budgetBytes = budgetBytes;
  }

  /** What lies under this address. Check it: a disk may have damaged it, or another page of the origin written it. */
  async get(url: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const cache = await this.open();
      const response = await cache?.match(url);
      if (!response) return undefined;
      const bytes = new Uint8Array(await response.arrayBuffer());
      this.count(url, bytes.byteLength);
      return bytes;
    } catch {
      return undefined;
    }
  }

  /** Keeps it, and drops what was not used for longest until all is within the budget. */
  async put(url: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (bytes.byteLength > this.budgetBytes) return;
    try {
      const cache = await this.open();
      this.count(url, bytes.byteLength);
      for (const old of [...this.kept.keys()]) if (this.keptBytes > this.budgetBytes) await this.drop(old);
      await cache?.put(url, new Response(bytes, { headers: { [LENGTH_HEADER]: String(bytes.byteLength) } }));
    } catch {
      await this.drop(url);
    }
  }

  async drop(url: string): Promise<void> {
    this.keptBytes -= this.kept.get(url) ?? 0;
    this.kept.delete(url);
    const cache = await this.open();
    await cache?.delete(url).catch(() => false);
  }

  private open(): Promise<Cache | undefined> {
    this.cache ??= this.load().catch(() => undefined);
    return this.cache;
  }

  private async load(): Promise<Cache | undefined> {
    if (typeof caches === "undefined") return undefined; // Node, or a page without a secure context
    const cache = await caches.open(CACHE);
    for (const request of await cache.keys()) {
      const length = (await cache.match(request))?.headers.get(LENGTH_HEADER);
      // What an older version kept has no length: it is fetched once more.
      if (length) this.count(request.url, Number(length));
      else await cache.delete(request);
    }
    return cache;
  }

  private count(url: string, bytes: number): void {
    this.keptBytes += bytes - (this.kept.get(url) ?? 0);
    this.kept.delete(url);
    this.kept.set(url, bytes);
  }
}

/** Forgets all blobs. No session may be at work. */
export async function clearBlobs(): Promise<void> {
  await caches.delete(CACHE);
}
