/** How members show that they are, and how others are invited. No schema: pages load this before a yes. */

/** The HTTP header with a member's pass. */
export const PASS_HEADER = "idlewave-pass";
export const MAX_POOL_NAME = 60;
/** What a person may call a machine in a pool, characters. */
export const MAX_MACHINE_NAME = 40;

/**
 * What a link says behind its `#`, which no request carries: the secret, and where the coordinator's certificate is of its own
 * making the SHA-256 of its authority's, both in base64url.
 */
const BEHIND = /^([A-Za-z0-9_-]{43})(?:\.([A-Za-z0-9_-]{43}))?$/;
export const JOIN_PATH = "/join";

export function joinLink(origin: string, secret: string, pin?: string): string {
  return `${origin}${JOIN_PATH}#${secret}${pin === undefined ? "" : `.${pin}`}`;
}

export interface JoinLink {
  origin: string;
  secret: string;
  /** SHA-256 of the certificate to trust, base64url. */
  pin: string | undefined;
}

/** What a link to join says; a sentence when it is none. */
export function readJoinLink(text: string): JoinLink | { why: string } {
  if (!URL.canParse(text)) return { why: "It is no address." };
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return { why: "It begins neither with https:// nor with http://." };
  if (url.pathname !== JOIN_PATH) return { why: `It does not lead to ${JOIN_PATH}.` };
  const [, secret, pin] = BEHIND.exec(url.hash.slice(1)) ?? [];
  if (secret === undefined)
    return { why: "What stands behind its # is not whole: 43 letters, digits, - or _, or twice so many with a dot between." };
  return { origin: url.origin, secret, pin };
}
