/** What the engine's goals are measured on: a coordinator in its own process, a Chromium, and tabs on the coordinator's origin. */
import { join } from "node:path";
import type { Browser, BrowserContext } from "puppeteer";
import { bundle, openBrowser } from "../../browser/harness.ts";
import { cancelJob, statusOf, submitPackage } from "../job.ts";
import { type Server, type Stage, startServer, withFolder, withParts } from "../stage.ts";
import { KERNEL, manifestOf, type Work } from "./kernel.ts";
import type { WorkerVerbs } from "./worker.ts";

/** A page that is answered by us counts as public, and public pages may not reach localhost without being asked. */
const LOCAL = ["--disable-features=LocalNetworkAccessChecks"];
const MANY_UNITS = 10_000_000;

export interface EngineStage extends Stage {
  /** For a real GPU; empty: SwiftShader. */
  chromeFlags: string[];
}

type Input<Verb> = Verb extends (input: infer Given) => unknown ? Given : undefined;
type Output<Verb> = Verb extends (...input: never[]) => infer Given ? Awaited<Given> : never;

export interface Tab {
  ask<Verb extends keyof WorkerVerbs>(verb: Verb, input?: Input<WorkerVerbs[Verb]>): Promise<Output<WorkerVerbs[Verb]>>;
  close(): Promise<void>;
}

export interface Site {
  server: Server;
  browser: Browser;
  /** A tab with a worker of the bench; of a browser context of its own when one is given. */
  openTab(context?: BrowserContext): Promise<Tab>;
  /** Submits a job of such units, so many that it does not run out unless `units` says otherwise. */
  submit(work: Work, units?: number): Promise<number>;
}

/** Runs `measure` with a coordinator and a browser that are closed afterwards. */
export function withSite<T>(stage: EngineStage, measure: (site: SharedSite) => Promise<T>): Promise<T> {
  return withFolder(stage, "site", (folder) =>
    withParts(async (parts) => {
      const server = await startServer(`${folder}/data`);
      parts.push(() => server.process.stop());
      const real = stage.chromeFlags.length > 0;
      const browser = await openBrowser({ gpu: real ? "none" : "software", args: [...LOCAL, ...stage.chromeFlags] });
      parts.push(() => browser.close());
      const scripts = { page: await bundle(sourceOf("page.ts")), worker: await bundle(sourceOf("worker.ts")) };
      return measure(new SharedSite(server, browser, scripts));
    }),
  );
}

/** One site for all goals: what a goal leaves behind is put away before the next. */
export class SharedSite implements Site {
  readonly server: Server;
  readonly browser: Browser;
  private readonly scripts: Scripts;
  private readonly jobs: number[] = [];

  constructor(server: Server, browser: Browser, scripts: Scripts) {
    this.server = server;
    this.browser = browser;
    this.scripts = scripts;
  }

  openTab(context: BrowserContext = this.browser.defaultBrowserContext()): Promise<Tab> {
    return openTab(context, this.server.url, this.scripts);
  }

  async submit(work: Work, units: number = MANY_UNITS): Promise<number> {
    const job = await submitPackage(this.server, manifestOf(work, units), KERNEL);
    this.jobs.push(job);
    return job;
  }

  /** Closes all pages and cancels all jobs that are not done. */
  async clear(): Promise<void> {
    for (const page of await this.browser.pages()) if (page.url() !== "about:blank") await page.close();
    for (const context of this.browser.browserContexts()) if (context !== this.browser.defaultBrowserContext()) await context.close();
    for (const job of this.jobs.splice(0)) if ((await statusOf(this.server, job)).state === "running") await cancelJob(this.server, job);
  }
}

interface Scripts {
  page: string;
  worker: string;
}

async function openTab(context: BrowserContext, url: string, scripts: Scripts): Promise<Tab> {
  const page = await context.newPage();
  page.on("pageerror", (error) => console.error("page:", error));
  page.on("request", (request) => {
    if (request.url() === `${url}/bench`) void request.respond({ contentType: "text/html", body: "<!doctype html>" });
  });
  // Only the document is answered here: an intercepted request of a worker may never be let go.
  await page.setRequestInterception(true);
  await page.goto(`${url}/bench`);
  await page.setRequestInterception(false);
  await page.addScriptTag({ content: scripts.page, type: "module" });
  await page.waitForFunction("globalThis.openWorker !== undefined");
  await page.evaluate(`openWorker(${JSON.stringify(scripts.worker)})`);
  return {
    ask: (verb, input) => page.evaluate(`bench.${verb}(${JSON.stringify(input ?? null)})`) as Promise<never>,
    close: () => page.close(),
  };
}

/** Bundled when it is used, from its source: the bench itself is a bundle for Node. */
function sourceOf(file: string): string {
  return join(process.cwd(), "tests", "bench", "engine", file);
}
