/**
 * `demo`: the main job end to end on this machine. A coordinator on an empty folder, the jobs of the gallery through the
 * public API, two volunteers in browsers of their own, one that lies; then the answers are compared with the references.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import type { Static } from "typebox";
import { JobListSchema, type JobStatus, RefusedListSchema, VolunteerListSchema } from "../../shared/api.ts";
import { SIGN_EVERY_MS } from "../../shared/statement.ts";
import { DEFAULT_CONFIG } from "../config.ts";
import { ROOT } from "../root.ts";
import { type Connection, sendJson } from "./api.ts";
import { type Board, openBoard } from "./demo/board.ts";
import { type BrowserVolunteer, openVolunteer } from "./demo/browser.ts";
import type { Liar } from "./demo/liar.ts";
import { type Comparison, compareWithReference, type Reference, readReference } from "./demo/reference.ts";
import { claimsOf, type DemoJob, type DemoReport, type DemoVolunteer, printReport } from "./demo/report.ts";
import { CliError, EXIT } from "./exit.ts";
import { packageFiles } from "./folder.ts";
import { note, print, printJson } from "./print.ts";
import { fetchResults, saveBody } from "./results.ts";
import { stopSignal } from "./serve.ts";
import { submitFiles } from "./submit.ts";
import { hasEnded } from "./watch.ts";

const FOLDER = join(ROOT, "demo");
const GALLERY = join(ROOT, "shaders");
/** It measures machines; as a job it takes long on a processor and tells nothing. */
const BENCHMARK = "benchmark";
const PICTURE_JOB = "deep-mandelbrot";
const BROWSERS = 2;
const POLL_MS = 500;
/** Far above the three minutes it should take on two cores; a demo that hangs must end too. */
const GIVE_UP_MS = 15 * 60_000;

export function demoVerb(program: Command): void {
  program
    .command("demo")
    .description("three jobs, two volunteers in browsers, one that lies, all on this machine")
    .option("--keep", "leave it running")
    .option("--json", "print a JSON line at the end")
    .action(async (options: { keep?: boolean; json?: boolean }) => {
      const closing: (() => Promise<void>)[] = [];
      const signal = stopSignal();
      const stopped = signal.then(() => {
        throw new CliError(EXIT.failure, "stopped", "The demo was stopped.", "");
      });
      try {
        const holds = await Promise.race([demo(options, closing), stopped]);
        if (options.keep) await signal;
        // Which of its claims is false, the report has said.
        if (!holds) throw new CliError(EXIT.failure, "demo", "", "");
      } finally {
        for (const close of closing.reverse()) await close();
      }
    });
}

/** Resolves with whether all that the demo claims is true. What it opened is pushed to `closing`. */
async function demo(options: { keep?: boolean; json?: boolean }, closing: (() => Promise<void>)[]): Promise<boolean> {
  const started = Date.now();
  const board = openBoard("starting a coordinator on an empty folder");
  closing.push(async () => board.stop());
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  const { startCoordinator } = await import("../main.ts");
  const coordinator = await startCoordinator({
    ...DEFAULT_CONFIG,
    data: join(FOLDER, "data"),
    port: 0,
    allowSoftware: true,
    logLevel: "warn",
    network: {
      name: "Idlewave demo",
      operator: "whoever started this demo",
      purpose: "To show what Idlewave does",
      contact: "not stated",
      source: "not stated",
    },
  });
  closing.push(() => coordinator.close());
  const connection: Connection = { url: coordinator.url, token: coordinator.adminToken };

  board.news(`submitting the jobs of the gallery to ${coordinator.url}`);
  const references = await submitGallery(connection);
  const browsers = await openBrowsers(coordinator.url, board, closing);
  const { startLiar } = await import("./demo/liar.ts");
  const liar = await startLiar(coordinator.url);
  let left = false;
  const leave = async () => {
    if (left) return;
    left = true;
    await liar.stop();
  };
  closing.push(leave);

  const jobs = await untilEnded(connection, browsers, liar, board);
  await leave();
  board.news("comparing with the public answers");
  const compared = new Map<number, Comparison>();
  for (const [id, reference] of references) compared.set(id, await compareWithReference(connection, id, reference));
  const picture = await savePicture(connection, jobs);
  const strangers = await refusedOfOthers(connection, jobs, liar);
  const report: DemoReport = {
    jobs: jobs.map((job) => demoJob(job, compared)),
    volunteers: await demoVolunteers(connection, liar),
    seconds: Math.round((Date.now() - started) / 100) / 10,
  };
  board.stop();

  const claims = claimsOf(report, strangers);
  printReport(report, claims, new Map(jobs.map((job) => [job.name, compared.get(job.id)?.got ?? ""])));
  print("");
  print(`The picture is ${picture}. It took ${report.seconds} s.`);
  const { url } = coordinator;
  if (options.keep) print(`It is at ${url}. Open it in your own browser; Ctrl-C ends it.`);
  else print(`It was served at ${url}; \`npm run demo -- --keep\` leaves it running.`);
  if (options.json) printJson(report);
  return claims.every(({ holds }) => holds);
}

/** Submits every job of the gallery but the benchmark; resolves with the references by job number. */
async function submitGallery(connection: Connection): Promise<Map<number, Reference>> {
  const references = new Map<number, Reference>();
  for (const name of (await readdir(GALLERY)).sort()) {
    if (name === BENCHMARK) continue;
    const dir = join(GALLERY, name);
    const reference = await readReference(dir);
    references.set((await submitFiles(connection, await packageFiles(dir), { start: "1" })).id, reference);
  }
  return references;
}

async function openBrowsers(url: string, board: Board, closing: (() => Promise<void>)[]): Promise<BrowserVolunteer[]> {
  const browsers: BrowserVolunteer[] = [];
  for (let i = 1; i <= BROWSERS; i++) {
    board.news(`opening ${url} in browser ${i} of ${BROWSERS}`);
    const browser = await openVolunteer(`browser ${i}`, url, join(FOLDER, `browser-${i}`));
    closing.push(() => browser.close());
    browsers.push(browser);
  }
  return browsers;
}

async function untilEnded(connection: Connection, browsers: readonly BrowserVolunteer[], liar: Liar, board: Board): Promise<JobStatus[]> {
  const giveUp = Date.now() + GIVE_UP_MS;
  for (;;) {
    const { jobs } = await sendJson(connection, "/api/jobs", JobListSchema);
    board.jobs(jobs);
    if (jobs.every(hasEnded)) return jobs;
    const states = await Promise.all(browsers.map(stateOf));
    board.news(`${connection.url}  ${states.join(", ")}, liar told ${liar.lies()} lies`);
    if (Date.now() > giveUp) throw new CliError(EXIT.failure, "demo", `After ${GIVE_UP_MS / 60_000} minutes the jobs are not done.`, "");
    await sleep(POLL_MS);
  }
}

/** One word, and the page's own words once it can do no more: it lends no longer, or to another tab, which in this browser nobody opened. */
async function stateOf({ name, state, words }: BrowserVolunteer): Promise<string> {
  const { word, isLent } = await state();
  if (isLent && word !== "another-tab") return `${name} ${word}`;
  throw new CliError(EXIT.failure, "demo", `${name} is ${word}: "${await words()}"`, "");
}

async function savePicture(connection: Connection, jobs: readonly JobStatus[]): Promise<string> {
  const job = jobs.find(({ name }) => name === PICTURE_JOB);
  if (!job) throw new CliError(EXIT.failure, "demo", `The gallery has no ${PICTURE_JOB}.`, "");
  const path = join(FOLDER, `${PICTURE_JOB}.png`);
  const { response } = await fetchResults(connection, job.id, { format: "png", output: undefined, partial: true });
  await saveBody(response, path);
  return path;
}

/** The volunteers, once each has signed for its last results. */
async function untilVested(connection: Connection): Promise<Static<typeof VolunteerListSchema>["volunteers"]> {
  for (const giveUp = Date.now() + 2 * SIGN_EVERY_MS; ; await sleep(POLL_MS)) {
    const { volunteers } = await sendJson(connection, "/api/volunteers", VolunteerListSchema);
    if (volunteers.every(({ credit }) => credit.escrow === 0) || Date.now() > giveUp) return volunteers;
  }
}

/** Refused replicas of anybody but the liar; each is named. */
async function refusedOfOthers(connection: Connection, jobs: readonly JobStatus[], liar: Liar): Promise<number> {
  let count = 0;
  for (const job of jobs) {
    const { refused } = await sendJson(connection, `/api/jobs/${job.id}/refused`, RefusedListSchema);
    for (const { unit, volunteer } of refused) {
      if (volunteer === liar.id) continue;
      count++;
      note(`${job.name}: unit ${unit} of ${volunteer} was refused.`);
    }
  }
  return count;
}

function demoJob({ id, name, units, executionsPerUnit }: JobStatus, compared: ReadonlyMap<number, Comparison>): DemoJob {
  const matchesReference = compared.get(id)?.matches === true;
  return { name, units: units.total, verified: units.final, matchesReference, executionsPerUnit };
}

async function demoVolunteers(connection: Connection, liar: Liar): Promise<DemoVolunteer[]> {
  const volunteers = await untilVested(connection);
  return volunteers.map(({ id, credit, units }) => ({
    id,
    kind: id === liar.id ? "liar" : "honest",
    credit: credit.final,
    accepted: units.final,
    refused: units.refused,
  }));
}
