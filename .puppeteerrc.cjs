// The browser is found or installed by scripts/setup.mjs, never by a package's install script.
module.exports = { skipDownload: true };
