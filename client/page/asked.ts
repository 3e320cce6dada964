/** What a page asks of the coordinator: with the pass to the page's pool, for a bounded time, and in its own words when it refuses. */
import type { ErrorBody } from "../../shared/api.ts";
import { passHeaders } from "./pool.ts";

/** Who has not answered whole after so long does not answer. */
const ANSWER_MS = 30_000;
const AGAIN = "Try again in a while.";

/** What was asked for did not come; `message` says why, and what to do. */
export class NotTold extends Error {
  override readonly name = "NotTold";
  /** HTTP status of a refusal; 0: the coordinator gave no answer. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** The answer in JSON under a path; `sent` is posted. Rejects with `NotTold`. */
export function asked<Answer>(path: string, sent?: object): Promise<Answer> {
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(sent) };
  return answered(path, sent ? post : {}, async (answer) => {
    const body = jsonOf(await answer.text());
    if (!body) throw notOurs();
    return body as Answer;
  });
}

/** As whoever has this token; `sent` is posted, and with `remove` what is there is removed, which answers nothing. Rejects with `NotTold`. */
export function askedAs<Answer>(token: string, path: string, { sent, remove }: { sent?: object; remove?: true } = {}): Promise<Answer> {
  const headers: Record<string, string> = { authorization: `Bearer ${token}`, ...(sent ? { "content-type": "application/json" } : {}) };
  const method = remove ? "DELETE" : sent ? "POST" : "GET";
  return answered(path, { method, headers, ...(sent ? { body: JSON.stringify(sent) } : {}) }, async (answer) => {
    const body = jsonOf(await answer.text());
    if (!body && !remove) throw notOurs();
    return body as Answer;
  });
}

/** The bytes under a path, at most `limit`. Rejects with `NotTold`. */
export function askedBytes(path: string, limit: number): Promise<ArrayBuffer> {
  return answered(path, {}, async (answer) => {
    const tooLarge = () => new NotTold(`The file is larger than the ${limit} bytes that it may have.`, 0);
    if (Number(answer.headers.get("content-length") ?? 0) > limit) throw tooLarge();
    const bytes = await answer.arrayBuffer();
    if (bytes.byteLength > limit) throw tooLarge();
    return bytes;
  });
}

/** A captive portal answers 200 with a page of its own. */
function notOurs(): NotTold {
  return new NotTold(`Something else than the coordinator answered. ${AGAIN}`, 0);
}

async function answered<Body>(
  path: string,
  { headers, ...request }: { method?: string; headers?: Record<string, string>; body?: string },
  read: (answer: Response) => Promise<Body>,
): Promise<Body> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), ANSWER_MS);
  try {
    const answer = await fetch(path, { ...request, headers: { ...headers, ...passHeaders() }, signal: silence.signal });
    if (answer.ok) return await read(answer);
    throw refusal(answer.status, jsonOf(await answer.text()));
  } catch (error) {
    if (error instanceof NotTold) throw error;
    throw new NotTold(`The coordinator ${silence.signal.aborted ? "does not answer" : "cannot be reached"}. ${AGAIN}`, 0);
  } finally {
    clearTimeout(timer);
  }
}

function refusal(status: number, body: Partial<ErrorBody> | null): NotTold {
  const { message, todo } = body ?? {};
  return new NotTold(message ? `${message} ${todo ?? ""}`.trim() : `The coordinator answered ${status}. ${AGAIN}`, status);
}

/** Null: it is no object in JSON. */
function jsonOf(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
