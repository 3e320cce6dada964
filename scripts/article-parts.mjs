// What the pages beside the visitor's have in common, put where `<!--article-head-->` and `<!--article-logo-->` stand.

const HEAD = `<meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
    <meta name="color-scheme" content="light dark" />
    <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
    <link rel="preload" as="font" type="font/woff2" crossorigin
      href="../../node_modules/@fontsource-variable/radio-canada/files/radio-canada-latin-wdth-normal.woff2" />
    <link rel="stylesheet" href="./style/style.css" />
    <script type="module" src="./article.ts"></script>`;

const LOGO = `<header class="plainhead">
      <a class="home" href="/" aria-label="idlewave, start page"><idlewave-mark></idlewave-mark><span>idlewave</span></a>
    </header>`;

/** @type {import("vite").Plugin} */
export const articleParts = {
  name: "idlewave-article-parts",
  transformIndexHtml: {
    order: "pre",
    handler: (page) => page.replace("<!--article-head-->", HEAD).replace("<!--article-logo-->", LOGO),
  },
};
