/** The page's drawing worker: owns both canvases, polls the picture, hears the donor's facts. Draws nothing while hidden. */
import type { DonorFact } from "../../donor/state.ts";
import { Wave } from "../../wave/wave.ts";
import { Board } from "./board.ts";
import { Keep } from "./keep.ts";
import type { Notice, Order } from "./orders.ts";
import { Plate } from "./plate.ts";
import { PicturePoll } from "./poll.ts";
import { Verdicts } from "./verdicts.ts";

const REPORT_MS = 1_000;
/** Older than any change: every square comes, the empty ones too. */
const WHOLE = 1;
/** Jobs remembered: the shown one and the last ones the donor worked on. */
const MAX_BOARDS = 8;

const boards = new Map<number, Board>();
const keep = new Keep();
const verdicts = new Verdicts();

let plate: Plate | null = null;
let wave: Wave | null = null;
let job = 0;
let asked = { origin: "", headers: {} as Record<string, string> };
let reported = "";
let lending = false;
let hidden = false;

const poll = new PicturePoll((bytes) => {
  plate?.takePicture(bytes);
});

self.addEventListener("message", (event: MessageEvent<Order>) => {
  void take(event.data);
});
setInterval(report, REPORT_MS);

async function take(order: Order): Promise<void> {
  switch (order.type) {
    case "plate":
      plate = new Plate(order.canvas, (width, height) => tell({ type: "laid-out", width, height }));
      return;
    case "wave":
      wave = new Wave(order.canvas);
      return;
    case "facts":
      order.port.onmessage = (event: MessageEvent<DonorFact>) => takeFact(event.data);
      return;
    case "theme":
      plate?.dress(order.palette, order.saveData, order.reducedMotion);
      wave?.dress(order.palette, order.reducedMotion);
      poll.setSparing(order.saveData);
      return;
    case "job":
      await show(order);
      return;
    case "room":
      plate?.setRoom(order.width, order.height, order.pixelRatio);
      return;
    case "wave-room":
      wave?.setRoom(order.width, order.height, order.pixelRatio);
      return;
    case "lending":
      lending = order.on;
      wave?.setLending(order.on);
      if (!order.on) stopRunning();
      return;
    case "dose":
      wave?.setDose(order.dose);
      return;
    case "input":
      wave?.noteInput();
      return;
    case "hidden":
      hidden = order.hidden;
      plate?.setHidden(order.hidden);
      wave?.setHidden(order.hidden);
      poll.setHidden(order.hidden);
      return;
    case "point": {
      const unit = plate?.unitAt(order.x, order.y);
      if (unit !== undefined) tell({ type: "pointed", job, unit });
      return;
    }
    case "save":
      if (plate) tell({ type: "saved", blob: await plate.save() });
      return;
    default:
      order satisfies never;
  }
}

/** Another job, or the same one that is done now: then the picture is asked for whole, whatever was missed on the way. */
async function show({ origin, headers, job: next, createdAt, done }: Extract<Order, { type: "job" }>): Promise<void> {
  const board = boardOf(next);
  const ended = done && !board.done;
  poll.setHeaders(headers);
  board.done = done;
  if (next !== job) plate?.show(board);
  else if (ended) plate?.redrawAll();
  else return;
  job = next;
  asked = { origin, headers };
  poll.follow(origin, next, ended ? WHOLE : board.seq);
  if (next !== 0 && (await keep.read({ job: next, createdAt }, board)) && next === job) plate?.redrawAll();
}

function takeFact(fact: DonorFact): void {
  switch (fact.type) {
    case "unit": {
      const { cell, becameFinal } = boardOf(fact.unit.job).takeOwn(fact.unit);
      if (fact.unit.job === job) plate?.takeCell(cell, becameFinal);
      if (fact.unit.state !== "running") keep.note(fact.unit.job, boardOf(fact.unit.job));
      return;
    }
    case "all-units":
      boardOf(fact.job).takeAllOwn(fact.units);
      if (fact.job === job) plate?.redrawAll();
      keep.note(fact.job, boardOf(fact.job));
      return;
    case "held": {
      const held = new Map(fact.held.map((each) => [each.job, each.units]));
      for (const [of, board] of boards) {
        const cells = board.takeHeld(held.get(of) ?? []);
        if (of === job) for (const cell of cells) plate?.takeCell(cell, false);
      }
      return;
    }
    case "forgotten":
      keep.forget();
      for (const board of boards.values()) board.takeAllOwn([]);
      plate?.redrawAll();
      return;
    case "share":
      wave?.takeShare(fact.gpuMillis, fact.wallMillis, fact.at);
      return;
    default:
      fact satisfies never;
  }
}

function boardOf(of: number): Board {
  const known = boards.get(of);
  if (known) return known;
  const board = new Board();
  boards.set(of, board);
  for (const other of boards.keys()) {
    if (boards.size <= MAX_BOARDS) break;
    if (other !== job && other !== of) boards.delete(other);
  }
  return board;
}

function stopRunning(): void {
  for (const [of, board] of boards) {
    const cells = board.stopRunning();
    if (of === job) for (const cell of cells) plate?.takeCell(cell, false);
  }
}

/** While something is lent the donor tells whose bytes were right; before and after nobody does. */
async function settle(): Promise<void> {
  const of = job;
  const board = boardOf(of);
  if (lending || !board.hasUntold) return;
  const refused = await verdicts.ask(asked.origin, asked.headers, of);
  if (!refused || lending) return;
  board.settle(refused);
  if (of === job) plate?.redrawAll();
}

function report(): void {
  if (!plate || hidden || job === 0) return;
  void settle();
  const { units, final } = plate.board;
  const share = lending && wave ? Math.round(100 * wave.lastSecond()) / 100 : 0;
  const notice: Notice = { type: "seen", seen: { job, units, final, mine: plate.board.counts(), share } };
  const text = JSON.stringify(notice);
  if (text === reported) return;
  reported = text;
  tell(notice);
}

function tell(notice: Notice): void {
  self.postMessage(notice);
}
