/** What secrets are called in the store. */

/** `token-key/<id>/<made at, ms>`; the plain name is the first one of release 0.1.0. */
export const TOKEN_KEY = "token-key";
/** `address-key/<week>`: what names of clusters are made with. */
export const ADDRESS_KEY = "address-key/";
/** There once an auditor was here. */
export const AUDITOR_SEEN = "auditor-seen";
/** Of a key, bytes. */
export const KEY_BYTES = 32;

/** Number and time of making of the token key of this name; undefined when it is none. */
export function tokenKeyOf(name: string): { id: number; madeAt: number } | undefined {
  if (name === TOKEN_KEY) return { id: 1, madeAt: 0 };
  const [, id, madeAt] = /^token-key\/(\d{1,3})\/(\d{1,16})$/.exec(name) ?? [];
  return id && madeAt ? { id: Number(id), madeAt: Number(madeAt) } : undefined;
}

/** Name of the key that the stored name of a cluster (`net:<week>:…`) was made with; undefined when it was made with none. */
export function addressKeyOf(cluster: string): string | undefined {
  const week = /^net:(\d{1,16}):/.exec(cluster)?.[1];
  return week && `${ADDRESS_KEY}${week}`;
}
