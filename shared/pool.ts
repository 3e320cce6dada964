/** How members show that they are, and how others are invited. No schema: pages load this before a yes. */

/** The HTTP header with a member's pass. */
export const PASS_HEADER = "idlewave-pass";
export const MAX_POOL_NAME = 60;

/** What a link says behind its `#`, which no request carries. */
const SECRET = /^[A-Za-z0-9_-]{43}$/;
export const JOIN_PATH = "/join";

export function joinLink(origin: string, secret: string): string {
  return `${origin}${JOIN_PATH}#${secret}`;
}

/** What a link to join says; a sentence when it is none. */
export function readJoinLink(text: string): { origin: string; secret: string } | { why: string } {
  if (!URL.canParse(text)) return { why: "It is no address." };
  const url = new URL(text);
  const secret = url.hash.slice(1);
  if (url.protocol !== "https:" && url.protocol !== "http:") return { why: "It begins neither with https:// nor with http://." };
  if (url.pathname !== JOIN_PATH) return { why: `It does not lead to ${JOIN_PATH}.` };
  return SECRET.test(secret)
    ? { origin: url.origin, secret }
    : { why: "What stands behind its # is not whole: 43 letters, digits, - or _." };
}
