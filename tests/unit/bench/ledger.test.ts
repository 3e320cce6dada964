import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { CREDIT_PER_UNIT } from "../../bench/job.ts";
import { checkCredit, checkJobs } from "../../bench/ledger.ts";

/** A coordinator that tells these sums. */
async function telling(counted: number, final: number, credit: { final: number; escrow: number }, submitted: number) {
  const server = createServer((request, response) => {
    const job = { units: { final }, replicas: { counted } };
    const volunteers = [{ id: "a", credit, units: { submitted, final, refused: 0 } }];
    response.end(JSON.stringify(request.url === "/api/volunteers" ? { volunteers } : job));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: "" };
}

const tally = (recorded: number, late = 0) => ({
  submitted: recorded + late,
  verdicts: { recorded, duplicate: 0, late, wanted: 0, refused: 0 },
});
const paid = { final: 8 * CREDIT_PER_UNIT, escrow: 2 * CREDIT_PER_UNIT };

it("accepts sums that agree: ten replicas, four final units, two replicas open", async () => {
  const owner = await telling(10, 4, paid, 10);
  const acknowledged = await checkJobs(owner, [1], [tally(4), tally(6)]);
  expect(acknowledged).toEqual({ replicas: 10, final: 4 });
  await checkCredit(owner, acknowledged);
});

it.each([
  ["a replica that was acknowledged and is not counted", 9, paid, 10, 0, "counted by the jobs"],
  ["a replica that was not recorded", 10, paid, 10, 1, "acknowledged as recorded"],
  ["a replica that no volunteer has", 10, paid, 9, 0, "volunteers' totals"],
  ["credit that was granted twice", 10, { ...paid, final: 10 * CREDIT_PER_UNIT }, 10, 0, "credit of final units"],
  ["credit that never left escrow", 10, { ...paid, escrow: 3 * CREDIT_PER_UNIT }, 10, 0, "in escrow"],
])("fails on %s", async (_, counted, credit, submitted, late, why) => {
  const owner = await telling(counted, 4, credit, submitted);
  const check = async () => checkCredit(owner, await checkJobs(owner, [1], [tally(10, late)]));
  await expect(check()).rejects.toThrow(why);
});
