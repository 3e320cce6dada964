/** What the visitor page loads before consent: words and squares, nothing that computes or connects. */
import { openPool } from "./pool.ts";

await openPool();
await import("./page.ts");
