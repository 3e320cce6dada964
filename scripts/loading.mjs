// Something to see from the first moment on: a line on the terminal that moves until the program is loaded.

const EVERY_MS = 250;
const DOTS = 4;

/**
 * Writes on `stream` where that is a terminal; the function that it returns takes the line away again.
 * @param {string} title
 * @param {{ isTTY?: boolean, write(text: string): unknown }} stream
 */
export function loading(title, stream = process.stderr) {
  if (!stream.isTTY) return () => {};
  let dots = 0;
  const draw = () => stream.write(`\r\x1b[K${title} ${".".repeat((dots++ % DOTS) + 1)}`);
  draw();
  const timer = setInterval(draw, EVERY_MS);
  return () => {
    clearInterval(timer);
    stream.write("\r\x1b[K");
  };
}
