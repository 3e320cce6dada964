/**
 * The engine: a `GPUDevice` and bytes in, bytes out. `open`, `run` and `read` only record; what is recorded in one turn of the
 * event loop shares a submit (batch.ts tells when it takes more), so a short unit, or several, cost one. A unit's buffers come from a stock and are cleared
 * and initialised by commands of the unit itself, so no unit sees what ran before it.
 */
import { passScope, type Scope, unitScope } from "../../shared/expand.ts";
import { Mappings } from "../../shared/mapping.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { Batcher } from "./batch.ts";
import { BoxPlaces } from "./boxes.ts";
import { type BufferSet, BufferStock } from "./buffer-stock.ts";
import { type Contents, constantBytes, contentsOf, prepare } from "./contents.ts";
import { EngineError, ofScope } from "./engine-error.ts";
import { Lifeline } from "./lifeline.ts";
import { compile, type PassPipeline } from "./pipelines.ts";
import { resultOf, stagingOffsets } from "./result.ts";
import type { Engine, OpenEngine, OpenedUnit, PlanFiles, Position, StateSpan, UnitInput, WorkgroupBox } from "./seam.ts";
import { expandSpan, hasHalfWords, type Span, spansOf } from "./spans.ts";
import { COMPILE_MS, within } from "./watchdog.ts";

const MAP_READ = 1;
const COPY_DST = 8;

export const openEngine: OpenEngine = async (device, plan, files) => {
  const life = new Lifeline(device);
  const pipelines = await life.hold(within(compile(device, plan), COMPILE_MS, "Its compilation"));
  const engine = new GpuEngine(device, life, plan, pipelines, files);
  await life.hold(engine.ready);
  return engine;
};

interface Unit extends OpenedUnit {
  scope: Scope;
  buffers: BufferSet | undefined;
  /** First thing that went wrong with a submit of this unit. */
  failure: unknown;
  /** Submits that are not known to be good yet. */
  pending: Set<Promise<unknown>>;
  /** The pass and iteration whose values are written: what a pass sets is written once, not before each of its boxes. */
  at: { pass: number; iteration: number } | undefined;
}

class GpuEngine implements Engine {
  readonly plan: JobPlan;
  /** Resolves when the constant buffers and templates are made; rejects with `EngineError`. */
  readonly ready: Promise<void>;
  private readonly device: GPUDevice;
  private readonly life: Lifeline;
  private readonly pipelines: readonly PassPipeline[];
  private readonly contents: readonly Contents[];
  private readonly stock: BufferStock;
  private readonly batch: Batcher;
  private readonly boxes: BoxPlaces;
  private readonly mappings: Mappings;
  /** By pass: what is written before each of its iterations. */
  private readonly sets: { buffer: number; span: Span }[][];
  readonly stateBytes: number;
  readonly stateSpans: readonly StateSpan[];
  private isNudging = false;
  private readonly staging: { offsets: number[]; size: number };

  constructor(device: GPUDevice, life: Lifeline, plan: JobPlan, pipelines: readonly PassPipeline[], files: PlanFiles) {
    this.plan = plan;
    this.device = device;
    this.life = life;
    this.pipelines = pipelines;
    this.contents = contentsOf(plan, files);
    this.sets = plan.passes.map((pass) => setSpans(plan, pass));
    this.mappings = new Mappings(plan.buffers.length, plan.passes);
    this.staging = stagingOffsets(plan);
    let stateBytes = 0;
    this.stateSpans = this.contents.flatMap(({ constant }, buffer) => {
      if (constant) return [];
      const from = stateBytes;
      const { byteLength } = plan.buffers[buffer] as JobPlan["buffers"][number];
      stateBytes += byteLength;
      return [{ buffer, from, bytes: byteLength }];
    });
    this.stateBytes = stateBytes;
    this.batch = new Batcher(device, life);
    this.stock = new BufferStock(device, plan, this.contents);
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    this.boxes = new BoxPlaces(device, () => this.batch.flush());
    this.contents.forEach((contents, index) => {
      if (contents.constant) this.stock.addConstant(index, constantBytes(contents, unitScope(plan, 0)));
      else if (contents.bytes) this.stock.addTemplate(index, contents.bytes);
    });
    this.ready = Promise.all([device.popErrorScope(), device.popErrorScope()]).then((errors) => {
      const error = errors.map(ofScope).find((found) => found !== undefined);
      if (error) throw error;
    });
  }

  open(input: UnitInput): OpenedUnit {
    const scope = unitScope(this.plan, input.index, input.row);
    const buffers = this.stock.take();
    const unit: Unit = { index: input.index, scope, buffers, failure: undefined, pending: new Set(), at: undefined };
    this.watch(unit, this.life.hold(buffers.made).then(throwIfAny));
    try {
      this.contents.forEach((contents, index) => {
        if (contents.constant) return;
        prepare(this.batch, contents, index, buffers.physical[index] as GPUBuffer, this.stock.template(index), input, scope);
      });
    } catch (error) {
      this.close(unit);
      throw error;
    }
    return unit;
  }

  run(opened: OpenedUnit, position: Position): Promise<number> {
    const micros = this.submit(opened as Unit, position);
    this.watch(opened as Unit, micros);
    return micros;
  }

  async read(opened: OpenedUnit): Promise<Uint8Array> {
    const unit = opened as Unit;
    const { physical } = buffersOf(unit);
    const staging = this.stock.takeStaging(this.staging.size);
    this.plan.outputs.forEach((output, i) => {
      const source = physical[this.mappings.last[output.buffer] as number] as GPUBuffer;
      this.batch.copy(source, 0, staging, this.staging.offsets[i] as number, (output.byteLength + 3) & ~3);
    });
    this.watch(unit, this.batch.settled);
    // The GPU runs commands in order: whoever gets these buffers next clears them after the copy.
    this.stock.give(unit.buffers as BufferSet);
    unit.buffers = undefined;
    await this.batch.submitted;
    const mapped = this.life.hold(staging.mapAsync(MAP_READ, 0, this.staging.size));
    mapped.catch(() => undefined);
    this.nudge();
    await Promise.allSettled([...unit.pending]);
    if (unit.failure !== undefined) {
      staging.destroy();
      throw unit.failure;
    }
    await mapped;
    const result = resultOf(this.plan, new Uint8Array(staging.getMappedRange(0, this.staging.size)));
    staging.unmap();
    this.stock.giveStaging(staging);
    return result;
  }

  async save(opened: OpenedUnit): Promise<Uint8Array<ArrayBuffer>> {
    const unit = opened as Unit;
    const { physical } = buffersOf(unit);
    this.device.pushErrorScope("out-of-memory");
    const staging = this.device.createBuffer({ size: this.stateBytes, usage: MAP_READ | COPY_DST });
    const scope = this.device.popErrorScope();
    // Recorded at once, so that it lies behind what was submitted before and ahead of what comes.
    for (const { buffer, from, bytes } of this.stateSpans) this.batch.copy(physical[buffer] as GPUBuffer, 0, staging, from, bytes);
    const settled = this.batch.settled;
    try {
      await this.batch.submitted;
      const mapped = this.life.hold(staging.mapAsync(MAP_READ));
      mapped.catch(() => undefined);
      this.nudge();
      throwIfAny(ofScope(await this.life.hold(scope)));
      await Promise.all([settled, mapped]);
      return new Uint8Array(staging.getMappedRange()).slice();
    } finally {
      staging.destroy();
    }
  }

  write(opened: OpenedUnit, buffer: number, bytes: Uint8Array): void {
    this.batch.write(buffersOf(opened as Unit).physical[buffer] as GPUBuffer, 0, bytes);
  }

  restore(opened: OpenedUnit, state: Uint8Array, begun: { pass: number; iteration: number } | null): void {
    const unit = opened as Unit;
    const { physical } = buffersOf(unit);
    if (state.byteLength !== this.stateBytes) {
      throw new EngineError("bad-input", `A state of unit ${unit.index} has ${state.byteLength} bytes instead of ${this.stateBytes}.`);
    }
    for (const { buffer, from, bytes } of this.stateSpans)
      this.batch.write(physical[buffer] as GPUBuffer, 0, state.subarray(from, from + bytes));
    // What its pass sets is in the state, and may have been changed by the kernel since.
    unit.at = begun ?? undefined;
  }

  close(opened: OpenedUnit): void {
    const unit = opened as Unit;
    if (!unit.buffers) return;
    this.stock.give(unit.buffers);
    unit.buffers = undefined;
  }

  destroy(): void {
    this.batch.destroy();
    this.boxes.destroy();
    this.stock.destroy();
  }

  /** Firefox holds read-backs until something is submitted after them. */
  private nudge(): void {
    if (this.isNudging) return;
    this.isNudging = true;
    queueMicrotask(() => {
      this.isNudging = false;
      this.device.queue.submit([]);
    });
  }

  private async submit(unit: Unit, position: Position): Promise<number> {
    const buffers = buffersOf(unit);
    const { pass, iteration, box } = position;
    const plan = this.plan.passes[pass];
    const pipeline = this.pipelines[pass];
    if (!plan || !pipeline || iteration < 0 || iteration >= plan.repeat) {
      throw new EngineError("validation", `There is no iteration ${iteration} of pass ${pass}.`);
    }
    const { slicing } = this.plan;
    if (!isInside(box, plan.workgroups)) {
      const place = `[${box.from}] of [${box.size}] workgroups`;
      throw new EngineError("validation", `Pass ${pass} has [${plan.workgroups}] workgroups and no box at ${place}.`);
    }
    if ("whole" in slicing && box.size.some((size, i) => size !== plan.workgroups[i])) {
      throw new EngineError("not-sliceable", `This kernel runs its dispatches whole: ${slicing.whole}`);
    }
    const mapping = this.mappings.at(pass, iteration);
    const sets = this.sets[pass] as { buffer: number; span: Span }[];
    if (sets.length > 0 && (unit.at?.pass !== pass || unit.at.iteration !== iteration)) {
      const scope = passScope(unit.scope, this.plan, pass, iteration);
      for (const { buffer, span } of sets) {
        const bytes = new Uint8Array(span.to - span.from);
        expandSpan(span, scope, bytes);
        this.batch.write(buffers.physical[mapping[buffer] as number] as GPUBuffer, span.from, bytes);
      }
    }
    unit.at = { pass, iteration };
    return this.batch.dispatch(unit, {
      pipeline: pipeline.pipeline,
      groups: this.stock.bindGroups(buffers, pass, pipeline, mapping, this.mappings.key(mapping), this.boxes.buffer),
      workgroups: box.size,
      ...("whole" in slicing ? {} : { box: { group: slicing.group, offset: this.boxes.offsetOf(box.from, plan.workgroups) } }),
    });
  }

  private watch(unit: Unit, promise: Promise<unknown>): void {
    const done = promise.then(
      () => undefined,
      (error) => {
        unit.failure ??= error;
      },
    );
    unit.pending.add(done);
    void done.finally(() => unit.pending.delete(done));
  }
}

function isInside({ from, size }: WorkgroupBox, workgroups: readonly number[]): boolean {
  return workgroups.every((count, i) => {
    const [start, length] = [from[i] as number, size[i] as number];
    return Number.isInteger(start) && Number.isInteger(length) && start >= 0 && length >= 1 && start + length <= count;
  });
}

function buffersOf(unit: Unit): BufferSet {
  if (!unit.buffers) throw new EngineError("validation", `Unit ${unit.index} is closed.`);
  return unit.buffers;
}

function throwIfAny(error: EngineError | undefined): void {
  if (error) throw error;
}

/** Throws `EngineError` "validation" for a lone f16 in a word: the other half belongs to the kernel by now. */
function setSpans(plan: JobPlan, pass: JobPlan["passes"][number]): { buffer: number; span: Span }[] {
  const sets: { buffer: number; span: Span }[] = [];
  for (const buffer of new Set(pass.set.map((set) => set.buffer))) {
    const writes = pass.set.filter((set) => set.buffer === buffer).map((set) => set.write);
    for (const span of spansOf(writes, "exact")) {
      if (hasHalfWords(span)) {
        const name = (plan.buffers[buffer] as JobPlan["buffers"][number]).name;
        throw new EngineError("validation", `A pass sets half a word of ${name}: set the f16 beside it too.`);
      }
      sets.push({ buffer, span });
    }
  }
  return sets;
}
