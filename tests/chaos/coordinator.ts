/**
 * The real coordinator in a process that is made to be killed: `coordinator.mjs <settings as JSON>`. Tells its supervisor where it
 * listens; a message `{clockMs}` sets its clock off by that much. It ends when its supervisor does.
 */
import { DEFAULT_CONFIG } from "../../server/config.ts";
import { startCoordinator } from "../../server/main.ts";
import { dieAt, type Point } from "./points.ts";

export interface Settings {
  data: string;
  /** 0: any. */
  port: number;
  clockMs: number;
  point?: { name: Point; hit: number };
}

export interface Ready {
  url: string;
  adminToken?: string;
}

const settings = JSON.parse(process.argv[2] ?? "") as Settings;
let { clockMs } = settings;
const now = Date.now;
Date.now = () => now() + clockMs;
process.on("message", (message: { clockMs: number }) => {
  clockMs = message.clockMs;
});
process.on("disconnect", () => process.exit(2));
if (settings.point) await dieAt(settings.point.name, settings.point.hit);

const running = await startCoordinator({
  ...DEFAULT_CONFIG,
  ...{ data: settings.data, port: settings.port, trustProxy: 1, allowSoftware: true, logLevel: "error" },
});
const ready: Ready = { url: running.url, ...(running.adminToken === undefined ? {} : { adminToken: running.adminToken }) };
process.send?.(ready);
process.once("SIGTERM", () => void running.close().then(() => process.exit(0)));
