/** The dock's two lines: what is true of the graphics card, and a figure that was measured. */
import { holdLines, SLOWED } from "./manners/hold-words.ts";
import { aboutSeconds, doseWord, duration, throughput } from "./numbers.ts";
import { deviceOf, hasOtherJobs, lentDose, type Moment, momentOf, type Situation, timeWord } from "./situation.ts";

/** Beside Stop, which ends the wait. */
const STARTS = "Starts by itself";
/** Kernels that compute little and move much say more by the time that a unit takes. */
const LEAST_GFLOPS = 0.1;

/** No unit runs then; what the wave shows is the benchmark. */
const IDLE_MOMENTS: readonly Moment["kind"][] = ["starting", "waiting", "job-done"];

export function dockLines(situation: Situation): [string, string] {
  const { donor } = situation;
  const moment = momentOf(situation);
  const lends = `Lending ${doseWord(lentDose(situation))}`;
  const spent = donor && donor.gpuSeconds >= 1 ? `${duration(donor.gpuSeconds)} of ${timeWord(situation)}` : "";
  const computes = moment.kind === "running" || (moment.kind === "another-tab" && moment.running);
  if (situation.aside && computes) return ["Stepping aside", "While you use the page"];
  if (donor?.measuring && IDLE_MOMENTS.includes(moment.kind)) {
    return [`Measuring your ${deviceOf(situation) === "processor" ? "CPU" : "GPU"}`, "Once, to know its speed"];
  }
  switch (moment.kind) {
    case "running": {
      if (situation.idle) return ["Waiting for a unit", STARTS];
      const speed = donor?.gflops && donor.gflops >= LEAST_GFLOPS ? throughput(donor.gflops) : null;
      const each = donor?.secondsPerUnit ? `${aboutSeconds(donor.secondsPerUnit)} a unit` : "";
      return [lends, donor?.slowed ? SLOWED[donor.slowed] : speed ? `${speed.value} ${speed.unit}` : each || spent];
    }
    case "offline":
      return [moment.running ? "Offline, still running" : "Offline, waiting", moment.running ? "" : "Goes on by itself"];
    case "on-hold":
      return holdLines(moment);
    case "another-tab":
      return moment.running ? [lends, donor?.slowed ? SLOWED[donor.slowed] : "In another tab"] : ["Waiting", STARTS];
    case "waiting":
      return ["Waiting", STARTS];
    case "job-done":
      return hasOtherJobs(situation) ? ["Nothing runs", "This job is done"] : ["Waiting for a job", STARTS];
    case "starting":
      return ["Starting", "Nothing runs yet"];
    case "refused":
      return donor?.running ? [lends, spent] : ["Waiting for a unit", STARTS];
    case "another-version":
      return ["Finishing", "Then it reloads"];
    case "device-lost":
      return ["Restarting", STARTS];
    default:
      return ["Stopped", "Nothing is running"];
  }
}
