/**
 * The auditor that `serve --audit` starts: a process of its own, without the database and with a token that lets it audit and do
 * nothing else. When it ends by itself it is started again after RESTART_MS.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../root.ts";
import { note } from "./print.ts";

const RESTART_MS = 10_000;
/** What a GPU driver, or the search for a software one, may need of this process's environment. */
const PASSED_ON = ["PATH", "HOME", "LD_LIBRARY_PATH", "VK_ICD_FILENAMES", "XDG_RUNTIME_DIR", "DISPLAY", "CHROME_PATH", "SystemRoot"];

export interface AuditorOptions {
  url: string;
  token: string;
  /** Folder of its key and its unsent results. */
  home: string;
  software: boolean;
  /** Who signs the coordinator's certificate, where that is nobody whom this machine trusts. */
  authorityFile: string | undefined;
}

/** Starts it. Returns how to stop it; that resolves when it has ended. */
export function startAuditor({ url, token, home, software, authorityFile }: AuditorOptions): () => Promise<void> {
  const args = ["audit", "--url", url, "--home", home, "--json", ...(software ? ["--software"] : [])];
  const passedOn = PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const trusted = authorityFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: authorityFile };
  const env = { ...Object.fromEntries(passedOn), ...trusted, IDLEWAVE_TOKEN: token };
  let child: ChildProcess | undefined;
  let restart: NodeJS.Timeout | undefined;
  let isStopped = false;
  let ended: Promise<void> = Promise.resolve();
  const start = () => {
    const started = spawn(process.execPath, [join(ROOT, "scripts", "idlewave.mjs"), ...args], {
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    child = started;
    ended = new Promise((resolve) => {
      started.once("error", (error) => note(`The auditor could not be started: ${error.message}.`));
      started.once("close", (code) => {
        resolve();
        if (isStopped) return;
        note(`The auditor ended with code ${code ?? "none"}; it is started again in ${RESTART_MS / 1000} s.`);
        restart = setTimeout(start, RESTART_MS);
      });
    });
  };
  start();
  return async () => {
    isStopped = true;
    clearTimeout(restart);
    child?.kill("SIGTERM");
    await ended;
  };
}
