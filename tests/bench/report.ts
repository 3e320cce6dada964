/** What the bench prints: a table for people, one line of JSON for programs. */
import { cpus } from "node:os";
import { type GoalReport, shown } from "./goal.ts";

export interface BenchReport {
  bench: string;
  machine: string;
  goals: Record<string, GoalReport>;
}

/** Processor, cores, system, Node, and `how` it was used. */
export function machineWords(how: string): string {
  const cores = cpus();
  const model = cores[0]?.model.trim() ?? "unknown processor";
  return `${model}, ${cores.length} cores, ${process.platform}, Node ${process.versions.node}, ${how}`;
}

export function table(report: BenchReport): string {
  const lines = [report.machine, ""];
  for (const [name, goal] of Object.entries(report.goals)) {
    if (goal.value === null) lines.push(`${name}  not measured: ${goal.note}`);
    for (const figure of goal.figures) {
      const verdict = figure.met === null ? "unsure" : figure.met ? "met   " : "missed";
      lines.push(`${name}  ${verdict}  ${shown(figure.value).padStart(8)}  (${figure.is} ${shown(figure.target)})  ${figure.name}`);
    }
    if (goal.value !== null) for (const line of goal.note.split("; ")) lines.push(`      ${line}`);
    lines.push("");
  }
  return lines.join("\n");
}
