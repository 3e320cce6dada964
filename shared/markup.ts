/** `text` as it stands in HTML or XML, between tags or in an attribute. What XML cannot hold at all becomes U+FFFD. */
export function escaped(text: string): string {
  return text
    .replace(NOT_IN_XML, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** https://www.w3.org/TR/xml/#charsets; lone halves of surrogate pairs are outside too. */
const NOT_IN_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
