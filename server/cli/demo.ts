/**
 * `demo`: the main job end to end on this machine. A coordinator on an empty folder, the jobs of the gallery through the
 * public API, two volunteers in browsers of their own, an auditor, three that lie, two of them together; then the answers are compared with the references.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import type { Static } from "typebox";
import { JobListSchema, type JobStatus, RefusedListSchema, VolunteerListSchema } from "../../shared/api.ts";
import { toHex } from "../../shared/bytes.ts";
import { SIGN_EVERY_MS } from "../../shared/statement.ts";
import { UnitSchema } from "../../shared/unit.ts";
import { DEFAULT_CONFIG } from "../config.ts";
import { ROOT } from "../root.ts";
import { type Connection, sendJson } from "./api.ts";
import { openAuditor } from "./demo/auditor.ts";
import { type Board, openBoard } from "./demo/board.ts";
import { type BrowserVolunteer, openVolunteer } from "./demo/browser.ts";
import type { Liars } from "./demo/liars.ts";
import { type Comparison, compareWithReference, type Reference, readReference } from "./demo/reference.ts";
import { claimsOf, type DemoAudits, type DemoJob, type DemoReport, type DemoVolunteer, printReport } from "./demo/report.ts";
import { CliError, EXIT } from "./exit.ts";
import { packageFiles } from "./folder.ts";
import { note, print, printJson } from "./print.ts";
import { fetchResults, saveBody } from "./results.ts";
import { stopSignal } from "./serve.ts";
import { submitFiles } from "./submit.ts";
import { hasEnded } from "./watch.ts";

const FOLDER = join(ROOT, "demo");
const GALLERY = join(ROOT, "shaders");
/** Of the gallery: the one measures machines and tells nothing, the other's checker is believed once the canary has tried it, which takes long on a processor. */
const LEFT_OUT = ["benchmark", "mersenne-factors"];
const PICTURE_JOB = "deep-mandelbrot";
const BROWSERS = 2;
const POLL_MS = 500;
/** Far above the three minutes it should take on two cores; a demo that hangs must end too. */
const GIVE_UP_MS = 15 * 60_000;

export function demoVerb(program: Command): void {
  program
    .command("demo")
    .description("three jobs, two volunteers in browsers, three that lie and an auditor, all on this machine")
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
    // A software GPU would take longer to measure the jobs than to compute them.
    canaryMinutes: 0,
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

  const home = join(FOLDER, "auditor");
  const auditorId = await keyIn(home);
  const auditor = openAuditor(connection, coordinator.auditorToken, home);
  closing.push(() => auditor.stop());

  board.news(`submitting the jobs of the gallery to ${coordinator.url}`);
  const references = await submitGallery(connection);
  board.news("waiting for the auditor");
  await auditor.ready();
  const { startLiars } = await import("./demo/liars.ts");
  const liars = await startLiars(coordinator.url);
  let left = false;
  const leave = async () => {
    if (left) return;
    left = true;
    await liars.stop();
  };
  closing.push(leave);

  const browsers = await openBrowsers(coordinator.url, board, closing);
  const jobs = await untilEnded(connection, browsers, liars, board);
  await leave();
  board.news("comparing with the public answers");
  const compared = new Map<number, Comparison>();
  for (const [id, reference] of references) compared.set(id, await compareWithReference(connection, id, reference));
  const picture = await savePicture(connection, jobs);
  const { strangers, audits } = await refusedIn(connection, jobs, liars);
  const report: DemoReport = {
    jobs: jobs.map((job) => demoJob(job, compared)),
    volunteers: await demoVolunteers(connection, liars, auditorId),
    audits,
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

/** First 12 hexadecimal digits of the key that the donor of `audit` finds in this folder. */
async function keyIn(home: string): Promise<string> {
  await mkdir(home, { recursive: true });
  const { fileIdentity } = await import("../../client/dawn/identity.ts");
  return toHex((await fileIdentity(join(home, "identity.json"))).publicKey).slice(0, 12);
}

/** Submits every job of the gallery but the benchmark; resolves with the references by job number. */
async function submitGallery(connection: Connection): Promise<Map<number, Reference>> {
  const references = new Map<number, Reference>();
  for (const name of (await readdir(GALLERY)).sort()) {
    if (LEFT_OUT.includes(name)) continue;
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

async function untilEnded(connection: Connection, browsers: readonly BrowserVolunteer[], liars: Liars, board: Board): Promise<JobStatus[]> {
  const giveUp = Date.now() + GIVE_UP_MS;
  for (;;) {
    const { jobs } = await sendJson(connection, "/api/jobs", JobListSchema);
    board.jobs(jobs);
    if (jobs.every(hasEnded)) return jobs;
    const states = await Promise.all(browsers.map(stateOf));
    board.news(`${connection.url}  ${states.join(", ")}, liars told ${liars.lies()} lies`);
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

/** Refused replicas of anybody but the liars, each of which is named, and what became of what the accomplices agreed on. */
async function refusedIn(
  connection: Connection,
  jobs: readonly JobStatus[],
  { ways, accomplices }: Liars,
): Promise<{ strangers: number; audits: DemoAudits }> {
  const audits: DemoAudits = { audited: 0, agreedLies: 0 };
  let strangers = 0;
  for (const job of jobs) {
    audits.audited += job.verification.audited;
    const { refused } = await sendJson(connection, `/api/jobs/${job.id}/refused`, RefusedListSchema);
    const [one, two] = accomplices.map((id) => new Set(refused.filter(({ volunteer }) => volunteer === id).map(({ unit }) => unit)));
    for (const unit of one ?? []) if (two?.has(unit) && (await isQuorumOfLiars(connection, job, unit, accomplices))) audits.agreedLies++;
    for (const { unit, volunteer } of refused) {
      if (ways.has(volunteer)) continue;
      strangers++;
      note(`${job.name}: unit ${unit} of ${volunteer} was refused.`);
    }
  }
  return { strangers, audits };
}

/** Both accomplices had answered before two others agreed: by the quorum alone theirs was the result. */
async function isQuorumOfLiars(connection: Connection, job: JobStatus, unit: number, accomplices: readonly string[]): Promise<boolean> {
  const { replicas } = await sendJson(connection, `/api/jobs/${job.id}/units/${unit}`, UnitSchema);
  const last = Math.max(...accomplices.map((id) => replicas.findIndex(({ volunteer }) => volunteer === id)));
  return replicas.slice(0, last).filter(({ outcome }) => outcome === "final").length < job.verification.quorum;
}

function demoJob({ id, name, units, executionsPerUnit }: JobStatus, compared: ReadonlyMap<number, Comparison>): DemoJob {
  const matchesReference = compared.get(id)?.matches === true;
  return { name, units: units.total, verified: units.final, matchesReference, executionsPerUnit };
}

async function demoVolunteers(connection: Connection, { ways }: Liars, auditor: string): Promise<DemoVolunteer[]> {
  const volunteers = (await untilVested(connection)).filter(({ id }) => id !== auditor);
  return volunteers.map(({ id, credit, units }): DemoVolunteer => {
    const lies = ways.get(id);
    const counts = { credit: credit.final, accepted: units.final, refused: units.refused };
    return lies ? { id, kind: "liar", lies, ...counts } : { id, kind: "honest", ...counts };
  });
}
