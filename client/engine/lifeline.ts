/** Ties promises to a device's life: when the device is lost each of them rejects, whatever the browser does with it. */
import { messageOf } from "../../shared/thrown.ts";
import { EngineError } from "./engine-error.ts";

export class Lifeline {
  private readonly pending = new Set<(error: EngineError) => void>();
  private end: EngineError | undefined;

  constructor(device: GPUDevice) {
    void device.lost.then((info) => {
      this.end = new EngineError("device-lost", info.message || "The device was lost.");
      for (const reject of this.pending) reject(this.end);
      this.pending.clear();
    });
  }

  get lost(): EngineError | undefined {
    return this.end;
  }

  /** `promise`, or a rejection with "device-lost"; a rejection of a device that is being lost counts as that too. */
  async hold<T>(promise: Promise<T>): Promise<T> {
    if (this.end) {
      promise.catch(() => undefined);
      throw this.end;
    }
    let reject!: (error: EngineError) => void;
    const lost = new Promise<never>((_, no) => {
      reject = no;
    });
    this.pending.add(reject);
    try {
      return await Promise.race([promise, lost]);
    } catch (error) {
      if (error instanceof EngineError) throw error;
      throw this.end ?? new EngineError("device-lost", messageOf(error));
    } finally {
      this.pending.delete(reject);
    }
  }
}
