/**
 * Declared operations a second of what is lent: the speed of the last units while they ran, times the share of the time in
 * which something ran. The first is of a longer while, for few units would make it jump; the second follows another dose soon.
 */
import { total } from "../../../shared/total.ts";

const SPEED_WINDOW_MS = 30_000;
const SHARE_WINDOW_MS = 8_000;

/** Times are in milliseconds of one clock. */
export class Throughput {
  private units: { at: number; gflop: number; micros: number }[] = [];
  private shares: { at: number; gpuMillis: number; wallMillis: number }[] = [];

  /** One unit of `gflop` declared operations took `micros` of GPU time. */
  finished(gflop: number, micros: number, at: number): void {
    this.units.push({ at, gflop, micros });
  }

  /** So much GPU time in so much time. */
  lent(gpuMillis: number, wallMillis: number, at: number): void {
    this.shares = this.shares.filter((share) => share.at > at - SHARE_WINDOW_MS);
    this.shares.push({ at, gpuMillis, wallMillis });
  }

  /** GFLOP/s, or null when nothing was measured. */
  gflops(now: number): number | null {
    this.units = this.units.filter((unit) => unit.at > now - SPEED_WINDOW_MS);
    const micros = total(this.units.map((unit) => unit.micros));
    const wallMillis = total(this.shares.map((share) => share.wallMillis));
    const gpuMillis = total(this.shares.map((share) => share.gpuMillis));
    if (micros === 0 || wallMillis === 0 || gpuMillis === 0) return null;
    return (total(this.units.map((unit) => unit.gflop)) / (micros / 1e6)) * (gpuMillis / wallMillis);
  }
}
