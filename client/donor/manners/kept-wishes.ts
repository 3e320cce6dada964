/** What the visitor chose, kept in IndexedDB from the first choice on; reading makes no database where there is none. */
import { clear, createStore, get, set } from "idb-keyval";
import { NO_WISHES, readWishes, type Wishes } from "./wishes.ts";

const DATABASE = "idlewave-wishes";
const KEY = "wishes";
const store = () => createStore(DATABASE, "chosen");

async function isThere(): Promise<boolean> {
  return (await indexedDB.databases()).some(({ name }) => name === DATABASE);
}

export async function keptWishes(): Promise<Wishes> {
  return (await isThere()) ? readWishes(await get<unknown>(KEY, store())) : NO_WISHES;
}

export async function keepWishes(wishes: Wishes): Promise<void> {
  await set(KEY, wishes, store());
}

export async function forgetWishes(): Promise<void> {
  if (await isThere()) await clear(store());
}
