/**
 * GPU time of submits. With `timestamp-query` from the stamps around an owner's first and last compute pass; without it from
 * the wall: a submit's time runs from the end of the one before it (or its own start, when the queue was empty) to its end,
 * shared among its owners by their dispatches. A submit of more than `MAX_SUBMIT_UNITS` owners is timed by the wall too.
 */
import { total } from "../../shared/total.ts";
import { AwakeTime } from "./awake.ts";
import { MAX_SUBMIT_UNITS } from "./limits.ts";

const MAP_READ = 1;
const COPY_SRC = 4;
const COPY_DST = 8;
const QUERY_RESOLVE = 512;
/** A submit whose stamps all say no time is timed by the wall when that says so much: some drivers leave stamps empty. */
const EMPTY_STAMPS_MICROS = 5_000;

/** Times one submit. Call `stamps` for each compute pass in order, `resolve` before finishing, `read` after the submit. */
export interface Stopwatch {
  stamps(owner: object, dispatches: number): GPUComputePassTimestampWrites | undefined;
  resolve(encoder: GPUCommandEncoder): void;
  /** Microseconds by owner; resolves when the GPU has finished the submit. */
  read(): Promise<Map<object, number>>;
}

export interface GpuClock {
  /** `owners`: how many dispatches each will have in this submit. */
  start(owners: ReadonlyMap<object, number>): Stopwatch;
  destroy(): void;
}

export function openClock(device: GPUDevice): GpuClock {
  const wall = new WallClock(device);
  return device.features.has("timestamp-query") ? new StampClock(device, wall) : wall;
}

class WallClock implements GpuClock {
  private readonly device: GPUDevice;
  private readonly awake = new AwakeTime();
  private lastEnd = 0;

  constructor(device: GPUDevice) {
    this.device = device;
  }

  start(owners: ReadonlyMap<object, number>): Stopwatch {
    const started = this.awake.now();
    return {
      stamps: () => undefined,
      resolve: () => undefined,
      read: async () => {
        this.awake.begin();
        let end: number;
        try {
          await this.device.queue.onSubmittedWorkDone();
        } finally {
          end = this.awake.now();
          this.awake.end();
        }
        const micros = 1000 * Math.max(0, end - Math.max(started, this.lastEnd));
        this.lastEnd = end;
        const all = total(owners.values());
        return new Map([...owners].map(([owner, dispatches]) => [owner, (micros * dispatches) / all]));
      },
    };
  }

  destroy(): void {}
}

/** A query set with its two buffers, used by one submit at a time. */
interface Stamps {
  set: GPUQuerySet;
  resolved: GPUBuffer;
  mapped: GPUBuffer;
}

class StampClock implements GpuClock {
  private readonly device: GPUDevice;
  private readonly wall: WallClock;
  private readonly free: Stamps[] = [];

  constructor(device: GPUDevice, wall: WallClock) {
    this.device = device;
    this.wall = wall;
  }

  start(owners: ReadonlyMap<object, number>): Stopwatch {
    if (owners.size === 0 || owners.size > MAX_SUBMIT_UNITS) return this.wall.start(owners);
    const stamps = this.free.pop() ?? this.make();
    const wall = this.wall.start(owners);
    const slots = new Map([...owners.keys()].map((owner, slot) => [owner, slot]));
    const left = new Map(owners);
    const bytes = 16 * owners.size;
    return {
      stamps: (owner, dispatches) => {
        const before = left.get(owner) as number;
        const after = before - dispatches;
        left.set(owner, after);
        const slot = slots.get(owner) as number;
        const first = before === owners.get(owner);
        if (!first && after > 0) return undefined;
        return {
          querySet: stamps.set,
          ...(first ? { beginningOfPassWriteIndex: 2 * slot } : {}),
          ...(after === 0 ? { endOfPassWriteIndex: 2 * slot + 1 } : {}),
        };
      },
      resolve: (encoder) => {
        encoder.resolveQuerySet(stamps.set, 0, 2 * owners.size, stamps.resolved, 0);
        encoder.copyBufferToBuffer(stamps.resolved, 0, stamps.mapped, 0, bytes);
      },
      read: async () => {
        const wallMicros = wall.read();
        wallMicros.catch(() => undefined); // then the stamps cannot be read either
        await stamps.mapped.mapAsync(MAP_READ, 0, bytes);
        const times = new BigUint64Array(stamps.mapped.getMappedRange(0, bytes));
        const micros = new Map<object, number>();
        for (const [owner, slot] of slots) {
          const nanos = (times[2 * slot + 1] as bigint) - (times[2 * slot] as bigint);
          micros.set(owner, nanos > 0n ? Number(nanos) / 1000 : 0);
        }
        stamps.mapped.unmap();
        this.free.push(stamps);
        if (sumOf(micros) > 0) return micros;
        const byWall = await wallMicros;
        return sumOf(byWall) >= EMPTY_STAMPS_MICROS ? byWall : micros;
      },
    };
  }

  destroy(): void {
    for (const { set, resolved, mapped } of this.free) {
      set.destroy();
      resolved.destroy();
      mapped.destroy();
    }
    this.free.length = 0;
  }

  private make(): Stamps {
    const size = 16 * MAX_SUBMIT_UNITS;
    return {
      set: this.device.createQuerySet({ type: "timestamp", count: 2 * MAX_SUBMIT_UNITS }),
      resolved: this.device.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC }),
      mapped: this.device.createBuffer({ size, usage: MAP_READ | COPY_DST }),
    };
  }
}

function sumOf(micros: ReadonlyMap<object, number>): number {
  return total(micros.values());
}
