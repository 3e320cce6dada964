/** Sites that may show the widget: how they are named. */

import { hiddenIn } from "./plain.ts";

/** What a site's name may be long, characters. */
export const MAX_SITE_NAME = 60;
export const MAX_ORIGIN = 253;
/** A JSON Schema pattern of an origin as a browser writes it: scheme, host and port alone. */
export const ORIGIN_PATTERN = "^https?://([a-z0-9._-]+|\\[[0-9a-f:.]+\\])(:[0-9]{1,5})?$";

/**
 * A site's origin as a browser writes it, from what a person typed: `blog.example`, `https://blog.example/page`,
 * `http://localhost:3000`. Answers a sentence when it cannot be one: a frame gets WebGPU under https or localhost alone.
 */
export function siteOrigin(typed: string): { origin: string } | { why: string } {
  const text = typed.trim();
  if (text === "" || text.length > MAX_ORIGIN) return { why: `A site's address has 1 to ${MAX_ORIGIN} characters.` };
  // A page without an origin of its own, as in a sandbox, is told by this word.
  if (text === "null") return { why: "null is what a page without an address is called; https://blog.example is an address." };
  // The parser would leave some of them out.
  if (hiddenIn(text)) return { why: "It has a character that cannot be seen." };
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  } catch {
    return { why: "It is no address; https://blog.example is one." };
  }
  if (url.username !== "" || url.password !== "") return { why: "It holds a user's name or password." };
  if (url.hostname.includes("*")) return { why: "One site is one address: a star stands for none." };
  // It goes into a policy header, where other characters mean something.
  if (!/^[a-z0-9.-]+$|^\[[0-9a-f:]+\]$/.test(url.hostname)) return { why: "A host's name has letters, digits, dots and hyphens." };
  const isLocal = url.hostname === "localhost" || url.hostname === "127.0.0.1" || url.hostname === "[::1]";
  if (url.protocol === "https:" || (url.protocol === "http:" && isLocal)) return { origin: url.origin };
  return { why: "Browsers give WebGPU to https:// and to localhost alone." };
}
