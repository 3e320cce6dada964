/** What the visitor page loads before consent: words and squares, nothing that computes or connects. */
import "./page.ts";
