/** Entry: `widget [--json] [--quick] [--goal W1,W3] [--chrome-flags "…"]`; the folder to work in comes from the script. */
import { openBrowser } from "../browser/harness.ts";
import { type GoalOptions, goalsCommand, measureGoals, printReport, stageOf } from "./goals-command.ts";
import { machineWords } from "./report.ts";
import { startServer, withFolder, withParts } from "./stage.ts";
import { Rounds } from "./widget/goals.ts";
import { openSite } from "./widget/host.ts";

const options = goalsCommand(
  "widget",
  "what the widget does to the Core Web Vitals of a page that shows it, against the same page without it, in one run",
  ["W1", "W2", "W3", "W4"],
  "about three minutes instead of four",
)
  .option("--chrome-flags <flags>", "start Chromium with these flags, for a real GPU, instead of on SwiftShader")
  .parse()
  .opts<GoalOptions & { chromeFlags?: string }>();
const chromeFlags = (options.chromeFlags ?? "").split(/\s+/).filter((flag) => flag !== "");
const stage = stageOf(options);
// Children end when their channel to this process does.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const { machine, goals, failed } = await withFolder(stage, "site", (folder) =>
  withParts(async (parts) => {
    const server = await startServer(`${folder}/data`);
    parts.push(() => server.process.stop());
    const browser = await openBrowser({ gpu: chromeFlags.length > 0 ? "none" : "software", args: chromeFlags });
    parts.push(() => browser.close());
    const site = await openSite(server, browser);
    parts.push(() => site.close());
    const rounds = new Rounds(stage, site);
    const measures = { W1: () => rounds.lcp(), W2: () => rounds.cls(), W3: () => rounds.inp(), W4: () => rounds.inpLending() };
    const how = chromeFlags.length > 0 ? "with a GPU" : "without a GPU: what is lent is the processor";
    return { machine: machineWords(`${await browser.version()} ${how}`), ...(await measureGoals(measures, options.goal)) };
  }),
);
printReport({ bench: "widget", machine, goals }, { json: options.json ?? false, failed });
