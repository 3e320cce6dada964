/** What this browser can tell the page of the device, in a sentence. */

function list(words: readonly string[]): string {
  return new Intl.ListFormat("en").format(words);
}

/** `software`: the processor is what computes here. */
export function toldWords(software: boolean): string {
  const senses: [string, boolean][] = [
    ["whether it is on battery", navigator.getBattery !== undefined],
    ["whether you asked to save data", navigator.connection?.saveData !== undefined],
    ["whether you are away", window.IdleDetector !== undefined],
  ];
  // A processor that computes is busy with what is lent: that holds nothing up, so it is no news.
  if (!software) senses.push(["how busy the processor is", window.PressureObserver !== undefined]);
  const [told, untold] = [true, false].map((can) => senses.filter(([, is]) => is === can).map(([words]) => words));
  const has = told?.length ? `This browser can tell ${list(told)}: less is lent then, or nothing. It stays on this device.` : "";
  const lacks = untold?.length ? `It does not tell ${list(untold)}, and nothing is guessed.` : "";
  return has
    ? [has, lacks].filter(Boolean).join(" ")
    : "This browser tells nothing of the device but whether the page can be seen: less is lent while it can't.";
}
