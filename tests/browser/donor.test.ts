/** The donor in Chromium against a real coordinator, without a page; its parts run one after the other. */
import "./donor.course.ts";
import "./donor.tabs.ts";
import "./donor.outbox.ts";
import "./donor.forgotten.ts";
