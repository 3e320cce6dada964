/** How fast one socket and one address may ask. Every figure is far above what an honest volunteer needs. */
import { lineOf } from "../access/address.ts";

/** Frames a second of one socket, and at once. A batch of one at the wire's own speed still fits. */
export const FRAME_RATE = { perSecond: 2000, burst: 4000 };
/** Bytes of frames a second of one account over all its connections, and at once: results of 64 KiB at 250 a second. */
export const BYTE_RATE = { perSecond: 16 * 1024 * 1024, burst: 64 * 1024 * 1024 };
/** Claims of one account over all its connections: each holds half a minute of GPU time, and idle ones are told when to ask again. */
export const CLAIM_RATE = { perSecond: 50, burst: 500 };
/** Claims of one address: an office of a thousand hosts that all start at once. */
export const ADDRESS_CLAIM_RATE = { perSecond: 1000, burst: 10_000 };
/** Renewals of one assignment: a client asks when half of a life of a minute or more is over, and once more when it reconnects. */
export const RENEW_RATE = { perSecond: 0.1, burst: 6 };
/** Signatures of one account over all its connections, each kept for good: one for 1,024 results, ten seconds or the end of work, and those of earlier connections when one begins. */
export const SIGN_RATE = { perSecond: 2, burst: 64 };
/** Cold messages (hello, units, forget, and of pools) of one socket: own units come in up to 16 pages. */
export const COLD_RATE = { perSecond: 2, burst: 24 };
/** Pages of one account's own units: a client asks for up to 16 a connection and job. */
export const OWN_UNITS_RATE = { perSecond: 0.5, burst: 48 };
/** Malformed messages of one socket before it is disconnected. */
export const GARBAGE_RATE = { perSecond: 0.2, burst: 16 };
/** Frames of one socket that were refused because they came too fast, before it is disconnected: whoever waits as it is told has a few. */
export const TOO_FAST_RATE = { perSecond: 5, burst: 500 };
/** New connections of one public address. */
export const CONNECT_RATE = { perSecond: 5, burst: 60 };
/** Open connections of one public address: a school or a carrier behind one address. */
export const MAX_SOCKETS_PER_ADDRESS = 512;
/** Keys of one cluster that were not known before: a school that opens its doors, not somebody who makes keys. */
export const NEW_KEY_RATE = { perSecond: 1, burst: 1000 };
/** Frames of one socket that wait for their answer. */
export const MAX_FRAMES_IN_FLIGHT = 64;
/** Bytes of one socket's frames that wait for their answer. */
export const MAX_BYTES_IN_FLIGHT = 8 * 1024 * 1024;
/** Addresses that are remembered; the oldest is forgotten first. */
const MAX_ADDRESSES = 65_536;

export interface Rate {
  perSecond: number;
  burst: number;
}

/** A token bucket on the caller's clock. */
export class Bucket {
  private readonly rate: Rate;
  private level: number;
  private at: number;

  constructor(rate: Rate, now: number) {
    this.rate = rate;
    this.level = rate.burst;
    this.at = now;
  }

  /** Takes `amount`, at most the burst; 0 when it was there, else the milliseconds until it is. */
  take(now: number, amount = 1): number {
    this.level = Math.min(this.rate.burst, this.level + (Math.max(0, now - this.at) / 1000) * this.rate.perSecond);
    this.at = now;
    if (this.level < amount) return Math.ceil(((amount - this.level) / this.rate.perSecond) * 1000);
    this.level -= amount;
    return 0;
  }
}

/** Connections by address, of IPv6 by its /64, which one customer has to himself. Only public addresses are limited: behind a private one may stand a proxy with everybody. */
export class AddressLimits {
  private readonly addresses = new Map<string, { bucket: Bucket; open: number }>();

  /** Whether one more connection of `address` is let in now. */
  admits(address: string, now: number): boolean {
    const entry = this.entryOf(address, now);
    return entry.open < MAX_SOCKETS_PER_ADDRESS && entry.bucket.take(now) === 0;
  }

  /** A connection was opened; `leave` must follow when it ends. */
  enter(address: string, now: number): void {
    this.entryOf(address, now).open++;
  }

  leave(address: string): void {
    const entry = this.addresses.get(lineOf(address));
    if (entry) entry.open = Math.max(0, entry.open - 1);
  }

  private entryOf(address: string, now: number): { bucket: Bucket; open: number } {
    const line = lineOf(address);
    let entry = this.addresses.get(line);
    if (!entry) {
      this.forgetOldest();
      entry = { bucket: new Bucket(CONNECT_RATE, now), open: 0 };
      this.addresses.set(line, entry);
    }
    return entry;
  }

  private forgetOldest(): void {
    if (this.addresses.size < MAX_ADDRESSES) return;
    for (const [line, entry] of this.addresses) {
      if (entry.open > 0) continue;
      this.addresses.delete(line);
      return;
    }
  }
}
