/** The donor's Web Worker: control and state through Comlink, nothing else. */
import { expose } from "comlink";
import { Donor } from "./donor.ts";

expose(new Donor());
