import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { expect, it } from "vitest";
import { DATABASE_FILE } from "../../../shared/backup.ts";
import type { Unit } from "../../../shared/unit.ts";
import { packageOf, startServer } from "./server.ts";

it("a job that was made under other defaults is told as it is verified and paid, by status and unit alike", async () => {
  const before = await startServer();
  const job = await before.submit(packageOf(2));
  await before.close(true);
  const database = new DatabaseSync(join(before.folder, DATABASE_FILE));
  database.exec("UPDATE jobs SET spec = json_set(spec, '$.quorum', 3, '$.creditPerUnit', 7, '$.priority', 4)");
  database.close();
  const server = await startServer({}, before.folder, before.token);
  try {
    expect(await server.status(job)).toMatchObject({ priority: 4, creditPerUnit: 7, verification: { quorum: 3 } });
    expect((await (await server.get(`/api/jobs/${job}/units/0`)).json()) as Unit).toMatchObject({ quorum: 3 });
  } finally {
    await server.close();
  }
});
