/** A coordinator to be killed: `writer.ts <database> <first unit>` submits unit after unit and prints each that was acknowledged. */
import { Coordinator } from "../../server/coordinator.ts";
import { SqliteStore } from "../../server/store/sqlite.ts";
import type { HostId } from "../../shared/ids.ts";
import { markOf, results } from "../unit/core/world.ts";

const [path, key] = process.argv.slice(2);
if (!path || !key) throw new Error("usage: writer.ts <database> <key>");
const store = new SqliteStore(path);
const { id: account } = await store.accountOf(key.padStart(64, "0") as Parameters<SqliteStore["accountOf"]>[0], 1);
const coordinator = await Coordinator.open({
  store,
  onFatal: (error) => {
    throw error;
  },
});
const host = 1 as HostId;
const cluster = `account:${account}`;
await coordinator.dispatch({
  type: "host-joined",
  facts: { host, account, cluster, features: [], limits: {} },
  record: { passed: 0, proven: 0, convictedAt: 0 },
});
for (let claims = 0; ; claims++) {
  const random = (account * 2 ** 32 + claims).toString(16).padStart(32, "0");
  const claimed = await coordinator.dispatch({ type: "claim", random, host, units: 1, gpuMillis: 0, job: null });
  if (claimed.type !== "assigned") throw new Error(JSON.stringify(claimed));
  const { assignment } = claimed;
  const unit = assignment.runs[0]?.start ?? 0;
  const reply = await coordinator.dispatch({
    type: "submit",
    account,
    cluster,
    assignment,
    results: results([unit]),
    mark: markOf(account),
  });
  if (reply.type !== "verdicts" || reply.verdicts[0] !== "recorded") throw new Error(JSON.stringify(reply));
  process.stdout.write(`${account} ${unit}\n`);
}
