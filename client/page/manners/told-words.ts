/** What this browser can tell the page of the device, in a sentence. */

function list(words: readonly string[]): string {
  return new Intl.ListFormat("en").format(words);
}

export function toldWords(): string {
  const senses: [string, boolean][] = [
    ["whether it is on battery", navigator.getBattery !== undefined],
    ["how busy the processor is", window.PressureObserver !== undefined],
    ["whether you asked to save data", navigator.connection?.saveData !== undefined],
    ["whether you are away", window.IdleDetector !== undefined],
  ];
  const [told, untold] = [true, false].map((can) => senses.filter(([, is]) => is === can).map(([words]) => words));
  const has = told?.length ? `This browser can tell ${list(told)}: less is lent then, or nothing. It stays on this device.` : "";
  const lacks = untold?.length ? `It does not tell ${list(untold)}, and nothing is guessed.` : "";
  return has
    ? [has, lacks].filter(Boolean).join(" ")
    : "This browser tells nothing of the device but whether the page can be seen: less is lent while it can't.";
}
