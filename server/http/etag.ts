/** Conditions on entity tags: RFC 9110, sections 8.8.3 and 13.1.2. */

const ENTITY_TAGS = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

/** Whether If-None-Match says that the client has `etag`: tags of a list are compared weakly, and `*` is any. */
export function hasTag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return (ifNoneMatch.match(ENTITY_TAGS) ?? []).some((tag) => opaque(tag) === opaque(etag));
}

/** Whether If-Range lets a range be served: without one, or when it is `etag`, compared strongly; a date never is. */
export function mayRange(ifRange: string | string[] | undefined, etag: string): boolean {
  return ifRange === undefined || (ifRange === etag && !etag.startsWith("W/"));
}

function opaque(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}
