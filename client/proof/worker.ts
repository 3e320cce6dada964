/** The Web Worker of a reader's check: begins when it is told to, and ends with its worker. */
import { expose } from "comlink";
import { Throttle } from "../donor/computing/throttle.ts";
import { type CheckEnd, type CheckOrder, check, type Progress } from "./check.ts";

/** Of the GPU's time: whoever reads goes on reading. */
const SHARE = 0.5;

const pace = new Throttle(SHARE);

const checker = {
  /** Once: a second check has a worker of its own. */
  run: (order: CheckOrder, tell: (progress: Progress) => void): Promise<CheckEnd> => check(order, pace, tell),
  /** The reader moved, scrolled or typed: it steps aside. */
  noticeInput(): void {
    pace.noticeInput();
  },
};
export type Checker = typeof checker;

expose(checker);
