/** The widget on somebody else's page, in Chromium against a real coordinator; its parts share both. */
import "./widget.account.ts";
import "./widget.asking.ts";
import "./widget.lending.ts";
import "./widget.looks.ts";
import "./widget.host.ts";
