/** Answers to bodies that nobody wants are read by whoever sends them, from a thread of its own: in one loop the answer is always there in time. */
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startServer, type TestServer } from "./server.ts";

const TRIES = 8;
const BODY_BYTES = 900_000;

/** Sends the request so often, one after the other, and posts what came: statuses and codes, or why there was no answer. */
const CLIENT = `
const { parentPort, workerData: { url, method, headers, kind, bytes, tries } } = require("node:worker_threads");
const big = "x".repeat(bytes);
const bodies = {
  multipart() {
    const form = new FormData();
    form.append("kernel.wgsl", new Blob([big]), "ignored");
    form.append("job.json", new Blob(["{}"]), "ignored");
    return form;
  },
  whole: () => big,
  chunked: () => new Blob([big]).stream(),
};
(async () => {
  const answers = [];
  for (let left = tries; left > 0; left--) {
    try {
      const response = await fetch(url, { method, headers, body: bodies[kind](), duplex: "half" });
      answers.push(response.status + " " + (await response.json()).code);
    } catch (error) {
      answers.push(String(error.cause ?? error));
    }
  }
  parentPort.postMessage(answers);
})();
`;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

function answers(method: string, path: string, kind: string, type?: string, token?: string): Promise<string[]> {
  const headers = {
    ...(type ? { "content-type": type } : {}),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const worker = new Worker(CLIENT, {
    eval: true,
    workerData: { url: server.url + path, method, headers, kind, bytes: BODY_BYTES, tries: TRIES },
  });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

const JSON_TYPE = "application/json";
const BYTES_TYPE = "application/octet-stream";

it.each<[string, string, string, string, string, string | undefined, boolean]>([
  ["a file of a package that is too large", "413 too-large", "POST", "/api/check", "multipart", undefined, true],
  ["a package without a token", "401 unauthorized", "POST", "/api/check", "multipart", undefined, false],
  ["JSON that is too large", "413 too-large", "POST", "/api/tokens", "whole", JSON_TYPE, true],
  ["JSON that turns out too large", "413 too-large", "POST", "/api/tokens", "chunked", JSON_TYPE, true],
  ["a result without a token", "403 bad-token", "PUT", "/api/results?unit=0", "whole", BYTES_TYPE, false],
  ["a body for what is not there", "404 not-found", "POST", "/nowhere", "whole", BYTES_TYPE, false],
  ["a body for a malformed address", "400 bad-request", "POST", "/api/jobs/%zz", "whole", BYTES_TYPE, false],
  ["a body of another type", "415 wrong-type", "POST", "/api/tokens", "whole", "text/weird", true],
])("to %s comes each time: %s", async (_name, expected, method, path, kind, type, known) => {
  expect(await answers(method, path, kind, type, known ? server.token : undefined)).toEqual(Array(TRIES).fill(expected));
});
