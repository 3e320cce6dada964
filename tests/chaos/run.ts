/** `npm run chaos`: kills the coordinator again and again and looks at what is left. Exit code 0 when nothing was lost, counted twice or broken. */
import { parseArgs } from "node:util";
import { working } from "../../server/cli/working.ts";
import { IN_SILENCES } from "../silences.ts";
import { Campaign, type Report } from "./campaign.ts";
import { bundle } from "./child.ts";
import { DISK_FULL, type Fault, INJECTIONS, KILLS } from "./faults.ts";
import { generator, type Random, shuffled } from "./random.ts";
import { missingTools } from "./tools.ts";
import { verdictOf } from "./verdict.ts";

/** A new folder and new volunteers after so many cycles: each campaign ends with its results compared. */
const CAMPAIGN_CYCLES = 25;

const { values } = parseArgs({ options: { cycles: { type: "string" }, seed: { type: "string" }, json: { type: "boolean" } } });
const cycles = wholeOf("cycles", values.cycles ?? "40");
const seed = wholeOf("seed", values.seed ?? String(Date.now() % 2 ** 31));

const random = generator(seed);
say(`${cycles} cycles, seed ${seed}`);
const missing = missingTools();
const possible = [...KILLS, ...(missing.strace ? [] : INJECTIONS), ...(missing.mount ? [] : [DISK_FULL])];
for (const { name } of missing.strace ? INJECTIONS : []) say(`not possible on this machine: ${name}: ${missing.strace}`);
if (missing.mount) say(`not possible on this machine: ${DISK_FULL.name}: ${missing.mount}`);
say("building what is started and killed");
const built = await bundle();
const reports: Report[] = [];
try {
  const faults = endless(possible, random);
  for (let done = 0; done < cycles; done += CAMPAIGN_CYCLES)
    reports.push(await campaign(faults, done, Math.min(cycles, done + CAMPAIGN_CYCLES)));
} finally {
  await built.remove();
}
const line = summary(reports);
for (const report of reports) {
  for (const missed of report.missed) say(`not injected: ${missed}`);
  for (const [kind, found] of Object.entries(report.findings)) for (const what of found) say(`${kind}: ${what}`);
}
const verdict = verdictOf(line);
for (const sentence of verdict.said) say(sentence);
if (values.json) console.log(JSON.stringify(line));
else
  console.log(
    Object.entries(line)
      .map(([name, value]) => `${name} ${value}`)
      .join("\n"),
  );
process.exitCode = verdict.exitCode;

async function campaign(faults: Iterator<Fault, never>, from: number, to: number): Promise<Report> {
  const running = await Campaign.open(built.entry, random);
  try {
    for (let cycle = from; cycle < to; cycle++) {
      const fault = faults.next().value;
      const title = `${cycle + 1}/${cycles} ${fault.name}`;
      const before = running.report.readySeconds.length;
      await working(title, false, () => running.cycle(fault), IN_SILENCES);
      // A start that the fault cut short is none.
      const starts = running.report.readySeconds.slice(before).map((seconds) => seconds.toFixed(2));
      say(
        `${title}: ${running.report.acknowledged} acknowledged so far${starts.length > 0 ? `, ready in ${starts.join(", then ")} s` : ""}`,
      );
    }
    const { acknowledged } = running.report;
    await running.finish();
    say(`${from + 1} to ${to}: started once more, all jobs ended, ${running.report.acknowledged - acknowledged} acknowledged since`);
    return running.report;
  } finally {
    await running.close();
  }
}

/** All of them in one random order after another. */
function* endless(faults: readonly Fault[], random: Random): Generator<Fault, never> {
  for (;;) yield* shuffled(faults, random);
}

function summary(all: readonly Report[]) {
  const sum = (of: (report: Report) => number) => all.reduce((total, report) => total + of(report), 0);
  return {
    store: "sqlite",
    cycles: sum((report) => report.cycles),
    acknowledged: sum((report) => report.acknowledged),
    lostAcknowledged: sum((report) => report.findings.lost.length),
    doubleCredits: sum((report) => report.findings.double.length),
    invariantsBroken: sum((report) => report.findings.broken.length),
    readySecondsMax: Math.round(Math.max(...all.flatMap((report) => report.readySeconds)) * 1000) / 1000,
  };
}

function wholeOf(name: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new RangeError(`--${name} is a whole number from 1 on, not ${text}`);
  return Number(text);
}

function say(text: string): void {
  console.error(text);
}
