/** What the coordinator answers under a path of its API. Rejects with its words, or with ours where it cannot be reached. */
export async function told<Answer>(path: string): Promise<Answer> {
  const answer = await fetch(path).catch(() => {
    throw new Error("The coordinator cannot be reached. Try again in a while.");
  });
  const body = (await answer.json().catch(() => ({}))) as Answer & { message?: string; todo?: string };
  if (!answer.ok) throw new Error(`${body.message ?? `It answered ${answer.status}.`} ${body.todo ?? ""}`.trim());
  return body;
}
