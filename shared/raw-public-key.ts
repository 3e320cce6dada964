/**
 * The 32 bytes of one of Node's Ed25519 public keys: they end its DER form (RFC 8410, 4). Not from its JWK form: Node 20 holds the
 * key's lock while it makes that, and garbage that is collected meanwhile may want the lock too: then the process stands still for
 * good.
 */
export function rawPublicKey(key: { export(form: { format: "der"; type: "spki" }): Uint8Array }): Uint8Array {
  return new Uint8Array(key.export({ format: "der", type: "spki" })).slice(-32);
}
