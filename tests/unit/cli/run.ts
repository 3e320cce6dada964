/** Runs the command line in this process and keeps what it says. */
import { stripVTControlCharacters } from "node:util";
import { vi } from "vitest";
import type { ExitCode } from "../../../server/cli/exit.ts";
import { run } from "../../../server/cli/program.ts";

export interface Ran {
  code: ExitCode;
  stdout: string;
  stderr: string;
}

/** One at a time: it borrows the process's streams and environment. */
export async function idlewave(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const said = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((chunk, encoding, done) => {
      said[name] += typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk);
      const after = typeof encoding === "function" ? encoding : done;
      if (after) queueMicrotask(() => after(null));
      return true;
    }),
  );
  vi.stubEnv("IDLEWAVE_URL", env.IDLEWAVE_URL);
  vi.stubEnv("IDLEWAVE_TOKEN", env.IDLEWAVE_TOKEN);
  vi.stubEnv("IDLEWAVE_PASSPHRASE", env.IDLEWAVE_PASSPHRASE);
  try {
    const code = await run(args);
    return { code, stdout: stripVTControlCharacters(said.stdout), stderr: stripVTControlCharacters(said.stderr) };
  } finally {
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
}

/** Does something while stdout is a terminal of so many columns. */
export async function inTerminal<T>(columns: number, act: () => Promise<T>): Promise<T> {
  const were = (["isTTY", "columns"] as const).map((name) => [name, Object.getOwnPropertyDescriptor(process.stdout, name)] as const);
  Object.defineProperties(process.stdout, { isTTY: { value: true, configurable: true }, columns: { value: columns, configurable: true } });
  try {
    return await act();
  } finally {
    for (const [name, was] of were) {
      if (was) Object.defineProperty(process.stdout, name, was);
      else Reflect.deleteProperty(process.stdout, name);
    }
  }
}
