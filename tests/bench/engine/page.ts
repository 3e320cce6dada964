/** The page of the bench, on the coordinator's origin: opens the worker and hands questions on. */
import { wrap } from "comlink";
import type { WorkerVerbs } from "./worker.ts";

function openWorker(script: string): void {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  Object.assign(globalThis, { bench: wrap<WorkerVerbs>(new Worker(url, { type: "module" })) });
}

Object.assign(globalThis, { openWorker });
