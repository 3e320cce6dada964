/** What the donor keeps in the browser, read in a tab of its origin. */
import type { Frame, Page } from "puppeteer";

/** The outbox's place. */
export const OPEN_SHELF = `new Promise((resolve, reject) => {
  const opening = indexedDB.open("idlewave-outbox");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => resolve(opening.result.transaction("results", "readwrite").objectStore("results"));
})`;

/** How many results wait in the outbox. */
export const shelved = (page: Page) =>
  page.evaluate(`${OPEN_SHELF}.then((shelf) => new Promise((resolve) => {
    const counting = shelf.count();
    counting.onsuccess = () => resolve(counting.result);
  }))`) as Promise<number>;

/** Workgroups that the kept unit had done, 0 when none is kept. */
export const keptDone = (page: Page) =>
  page.evaluate(`new Promise((resolve, reject) => {
    const opening = indexedDB.open("idlewave-checkpoints");
    opening.onupgradeneeded = () => opening.transaction.abort();
    opening.onerror = () => resolve(0);
    opening.onsuccess = () => {
      const reading = opening.result.transaction("units").objectStore("units").getAll();
      reading.onsuccess = () => {
        opening.result.close();
        resolve(reading.result[0]?.checkpoint.place.done ?? 0);
      };
    };
  })`) as Promise<number>;

/** How the device's key is kept, null when there is none. */
export const keptKey = (page: Page | Frame) =>
  page.evaluate(`new Promise((resolve, reject) => {
    const opening = indexedDB.open("idlewave-identity");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const reading = opening.result.transaction("keys").objectStore("keys").get("device");
      reading.onsuccess = () => resolve(reading.result?.kind ?? null);
    };
  })`) as Promise<string | null>;
