/** What a host may do to the widget without getting a yes that is none. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import {
  AIM_MS,
  agree,
  asked,
  began,
  JUDGED_MS,
  LENDING,
  network,
  noticeOf,
  page,
  placeOfYes,
  press,
  sceneOf,
  site,
  until,
  visit,
  wait,
} from "./widget-scene.ts";

const HOLD = "var hold = (ms) => { const from = performance.now(); while (performance.now() - from < ms); }";

/** A page that can hide the widget by the compositor alone: fade it, or slide something over it, that lets clicks through. */
const CURTAIN = `<style>
    #box { position: absolute; will-change: opacity }
    #curtain { position: absolute; left: -420px; width: 320px; height: 288px; background: #0a0; z-index: 9; pointer-events: none; will-change: transform }
  </style>
  <div id="box">{widget}</div><div id="curtain">Play</div>
  <script>
    ${HOLD};
    var drawn = [];
    const draw = (element, clear, hidden, ms, until) =>
      drawn.push(element.animate([clear, { ...clear, offset: 0.02 }, { ...hidden, offset: 0.021 }, { ...hidden, offset: until },
        { ...(until < 1 ? clear : hidden), offset: Math.min(1, until + 0.001) }, until < 1 ? clear : hidden], { duration: ms, fill: "forwards" }));
    var fade = (ms, until = 1) => draw(box, { opacity: 1 }, { opacity: 0.001 }, ms, until);
    var slide = (ms, until = 1) => draw(curtain, { transform: "none" }, { transform: "translateX(420px)" }, ms, until);
    var shown = (then) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(then, 0)));
    var late = 0;
    addEventListener("message", () => late && hold(late));
    var over = () => { late = 0; for (const each of drawn.splice(0)) each.cancel(); };
  </script>`;

/** What such a page does before a person presses what they see there. */
const CURTAINS = {
  "fades it, held": "fade(4500); shown(() => hold(2500))",
  "slides over it, held": "slide(4500); shown(() => hold(2500))",
  "slides over it, held until the curtain is gone": "slide(2000, 0.7); shown(() => hold(1500))",
  "fades it, free": "fade(4500)",
  "slides over it, free": "slide(4500)",
  "slides over it, held after each answer": "slide(4500); late = 150",
  "slides over it for a moment, held meanwhile": "slide(450, 0.9); shown(() => hold(400))",
  "slides over it just before, held from the press on":
    "document.activeElement.blur(); addEventListener('blur', () => hold(1500), { once: true }); setTimeout(() => slide(4500), 300)",
  "fades it, held in slices": "fade(4500); shown(function slice() { hold(120); if (drawn.length) setTimeout(slice, 0); })",
};

/** What a press is answered with that is no yes. */
const REFUSED = /^Something covers this box|^The page was busy, so that press|^That was too quick|^Here nobody can tell/;

/** Where the yes lies on a page that shows the frame smaller. */
function placeOnScreen(): Promise<{ x: number; y: number }> {
  return page.$eval("idlewave-widget iframe", (frame) => {
    const { left, top, width, height } = frame.getBoundingClientRect();
    return { x: left + 0.22 * width, y: top + 0.91 * height };
  });
}

describe("the widget computes nothing when a host", () => {
  const styles: [string, string][] = [
    ["makes it transparent", "idlewave-widget { opacity: 0.01 }"],
    ["makes it transparent from further up", "body { opacity: 0.02 }"],
    ["scales it", "idlewave-widget { transform: scale(0.5) }"],
    ["zooms it to a speck", "idlewave-widget { zoom: 0.5 }"],
    ["blurs it", "idlewave-widget { filter: blur(9px) }"],
    ["blends it away", "idlewave-widget { mix-blend-mode: lighten; } body { background: #fff }"],
    ["moves it mostly off the screen", "idlewave-widget { left: -40px }"],
    ["cuts all but the button away", "idlewave-widget { clip-path: inset(240px 0 0 0) }"],
    [
      "shows the button alone",
      ".hole { position: absolute; width: 130px; height: 46px; overflow: hidden } .hole idlewave-widget { top: -241px }",
    ],
    [
      "lays its own words over ours",
      "body::after { content: 'Win a prize'; position: fixed; left: 0; top: 0; width: 330px; height: 240px; background: #fff; pointer-events: none }",
    ],
    [
      "lays a button of its own over ours",
      "body::after { content: 'Play'; position: fixed; left: 0; top: 0; width: 400px; height: 400px; background: #fff; pointer-events: none }",
    ],
  ];
  it.each(styles)("%s", async (_what, style) => {
    const frame = await visit(`<style>${style}</style><div class="hole">{widget}</div>`);
    await frame.waitForFunction(() => document.body.dataset.scene !== undefined);
    await frame.evaluate(() => {
      document.querySelector('[data-action="lend"]')?.addEventListener("click", () => Object.assign(globalThis, { pressed: true }));
    });
    await press(await placeOnScreen());
    await wait(1_000);
    // The click did reach the button: what refused it is ours.
    expect(await frame.evaluate(() => "pressed" in globalThis)).toBe(true);
    expect(LENDING).not.toContain(await sceneOf(frame));
    expect(began()).toEqual([]);
  });

  it("shows something else by an animation that needs no thread of its own, its thread held, let go between, or free", async () => {
    const frame = await visit(CURTAIN);
    await until(frame, "ask");
    const place = await placeOfYes(frame);
    if (!place) throw new Error("there is no yes");
    for (const [what, draw] of Object.entries(CURTAINS)) {
      await page.mouse.move(place.x - 3, place.y);
      await wait(AIM_MS);
      await page.evaluate(`${draw}; undefined`);
      await wait(600);
      await page.mouse.click(place.x, place.y);
      await expect.poll(() => noticeOf(frame), { timeout: 10_000, message: what }).toMatch(REFUSED);
      await page.waitForFunction("(over(), true)");
      // From whatever it was refused with, back to the question.
      await frame.click('[data-action="no"]');
      await frame.locator('[data-action="ask-again"]').click();
      await until(frame, "ask");
    }
    expect(began()).toEqual([]);
    await agree(frame);
    await until(frame, "running");
  });

  it("holds its thread before the yes is pressed, until it is pressed once more", async () => {
    const frame = await visit();
    await until(frame, "ask");
    await press(await placeOfYes(frame), AIM_MS, async () => {
      await page.evaluate(`${HOLD}; setTimeout(() => hold(1200), 0); undefined`);
      await wait(500);
    });
    await expect.poll(() => noticeOf(frame)).toMatch(/^The page was busy/);
    expect(began()).toEqual([]);
    await agree(frame);
    await until(frame, "running");
  });

  it("shrinks the frame to nothing", async () => {
    const frame = await visit("<style>idlewave-widget iframe { width: 0 !important; height: 0 !important }</style>{widget}");
    await frame.waitForFunction(() => document.body.dataset.scene !== undefined);
    // Nothing can be pressed by a pointer; a focus that the host keeps from nobody can.
    await (await frame.$('[data-action="lend"]'))?.focus();
    await wait(AIM_MS);
    await page.keyboard.press("Enter");
    await wait(1_000);
    expect(LENDING).not.toContain(await sceneOf(frame));
    expect(began()).toEqual([]);
  });

  it("moves it off the screen after a yes", async () => {
    const frame = await visit();
    await agree(frame);
    await until(frame, "running");
    asked.length = 0;
    const snippet = site.pages.get("/") ?? "";
    site.pages.set("/away", `<style>idlewave-widget { left: -5000px }</style>${snippet}`);
    await page.goto(`${site.origin}/away`);
    await wait(4_000);
    expect(began()).toEqual([]);
    // The same page with the box in sight goes on: the yes was there.
    const back = await visit();
    await until(back, "running");
  });

  it("presses the button by script, sends itself a yes, or asks in words", async () => {
    const frame = await visit();
    await until(frame, "ask");
    await page.evaluate(() => {
      const inner = document.querySelector("iframe")?.contentWindow;
      for (const idlewave of ["consent", "forget", "lend", "state", "colours", "size", "alive", "visible"]) {
        inner?.postMessage({ idlewave, dose: 0.5, state: "running", action: "lend", ground: "red;}*{opacity:0}", ink: "url(//x)" }, "*");
      }
    });
    await frame.evaluate(() => {
      const button = document.querySelector<HTMLElement>('[data-action="lend"]');
      button?.click();
      button?.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
      button?.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1 }));
    });
    await wait(1_000);
    expect(await sceneOf(frame)).toBe("ask");
    expect(began()).toEqual([]);
  });

  it("moves the frame under a pointer that is about to click", async () => {
    const frame = await visit("<style>idlewave-widget { top: 300px; left: 400px }</style>{widget}");
    await until(frame, "ask");
    const place = await placeOfYes(frame);
    if (!place) throw new Error("there is no yes");
    await page.mouse.move(place.x - 400, place.y - 300);
    await wait(AIM_MS);
    await page.evaluate(() =>
      document.querySelector("idlewave-widget")?.setAttribute("style", "top:0;left:0;position:relative;display:inline-block"),
    );
    await page.mouse.click(place.x - 400, place.y - 300);
    await wait(1_000);
    expect(LENDING).not.toContain(await sceneOf(frame));
    expect(began()).toEqual([]);
  });

  it("moves the frame under a finger that is about to tap", async () => {
    const frame = await visit("<style>idlewave-widget { top: 300px; left: 400px }</style>{widget}");
    await until(frame, "ask");
    const place = await placeOfYes(frame);
    if (!place) throw new Error("there is no yes");
    const at = { x: place.x - 400, y: place.y - 300 };
    await wait(AIM_MS);
    // One that taps beside it makes it look for fingers.
    await page.touchscreen.tap(place.x, place.y - 150);
    await wait(AIM_MS);
    await page.evaluate(() =>
      document.querySelector("idlewave-widget")?.setAttribute("style", "top:0;left:0;position:relative;display:inline-block"),
    );
    await wait(100);
    await page.touchscreen.tap(at.x, at.y);
    await wait(JUDGED_MS);
    expect(LENDING).not.toContain(await sceneOf(frame));
    expect(began()).toEqual([]);
  });

  it.each<[string, string]>([
    ["slides a curtain over it before a finger taps", "slide(4500)"],
    ["slides a curtain over it, its thread held, before a finger taps", "slide(4500); shown(() => hold(2500))"],
  ])("%s", async (_what, draw) => {
    const frame = await visit(CURTAIN);
    await until(frame, "ask");
    const place = await placeOfYes(frame);
    if (!place) throw new Error("there is no yes");
    await page.touchscreen.tap(place.x, place.y - 150);
    await wait(AIM_MS);
    await page.evaluate(`${draw}; undefined`);
    await wait(600);
    await page.touchscreen.tap(place.x, place.y);
    await expect.poll(() => noticeOf(frame), { timeout: 10_000 }).toMatch(REFUSED);
    expect(began()).toEqual([]);
  });

  it("has a press of its own end on the yes, as a drag or without one, or one of the yes's end elsewhere", async () => {
    const frame = await visit(
      "{widget}<div id=toy draggable=true style='position:fixed;left:600px;top:500px;width:80px;height:40px;background:#fc2'>Drag me</div>",
    );
    await until(frame, "ask");
    const place = await placeOfYes(frame);
    if (!place) throw new Error("there is no yes");
    for (const [from, to] of [
      [{ x: 640, y: 520 }, place],
      [{ x: 700, y: 400 }, place],
      [place, { x: 700, y: 400 }],
    ] as const) {
      await page.mouse.move(from.x, from.y);
      await wait(AIM_MS);
      await page.mouse.down();
      await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2);
      await page.mouse.move(to.x, to.y);
      await wait(AIM_MS);
      await page.mouse.up();
      await wait(JUDGED_MS);
      expect(LENDING).not.toContain(await sceneOf(frame));
    }
    expect(began()).toEqual([]);
  });

  it("lays itself over More while something is lent", async () => {
    const frame = await visit();
    await agree(frame);
    await until(frame, "running");
    const said = () => frame.$eval("h1", (title) => title.textContent);
    const more = await (await frame.$('[data-action="more"]'))?.boundingBox();
    if (!more) throw new Error("there is no More");
    await page.evaluate(() => {
      const cover = Object.assign(document.createElement("div"), { id: "cover" });
      cover.style.cssText = "position:fixed;inset:0;z-index:9;background:#fff;pointer-events:none";
      document.body.append(cover);
    });
    await frame.waitForFunction(() => document.body.dataset.scene === "paused" || document.querySelector("h1"), { polling: 50 });
    await wait(500);
    await page.mouse.click(more.x + more.width / 2, more.y + more.height / 2);
    await page.evaluate(() => document.getElementById("cover")?.remove());
    await wait(AIM_MS);
    await until(frame, "running");
    expect(await said()).toBe("Lending a quarter.");
    await frame.click('[data-action="more"]');
    await expect.poll(said).toBe("Lending half.");
  });

  it("is another than the registered one, or shows the registered one in a frame of its own", async () => {
    const other = site.origin.replace("localhost", "127.0.0.1");
    await visit();
    // Same pages at an address that is not registered.
    const answering = createServer((request, response) => {
      response.setHeader("content-type", "text/html");
      response.end(
        request.url === "/direct"
          ? `<iframe src="${network.url}/widget?site=${site.origin}"></iframe>`
          : `<iframe src="${site.origin}/"></iframe>`,
      );
    });
    await new Promise<void>((resolve) => answering.listen(0, "127.0.0.1", resolve));
    const evil = other.replace(/:\d+$/, `:${(answering.address() as AddressInfo).port}`);
    for (const path of ["/direct", "/nested"]) {
      await page.goto(evil + path);
      await wait(2_000);
      for (const frame of page.frames()) expect(await frame.evaluate(() => document.querySelector('[data-action="lend"]'))).toBeNull();
    }
    answering.close();
  });
});
