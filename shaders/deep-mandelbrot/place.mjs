// Prints the bindings of job.json for a place in the plane: node place.mjs RE IM STEP_EXPONENT
// RE and IM are decimals, the centre of the picture of 19 x 20 tiles; pixels lie 2^-STEP_EXPONENT apart.
const FRACTION_BITS = 78n;
const TILE = 32n;
const TILES = [19n, 20n];

const [re, im, exponent] = process.argv.slice(2);
if (re === undefined || im === undefined || exponent === undefined || !/^\d+$/.test(exponent)) {
  console.error("usage: node place.mjs RE IM STEP_EXPONENT");
  process.exit(1);
}
const step = 1n << (FRACTION_BITS - BigInt(exponent));
const left = fixed(re) - (TILES[0] * TILE * step) / 2n;
const top = fixed(im) + (TILES[1] * TILE * step) / 2n;
const set = {
  left: { of: "$unit.x", scale: String(TILE * step), offset: String(left) },
  top: { of: "$unit.y", scale: String(-TILE * step), offset: String(top) },
  step: String(step),
};
console.log(JSON.stringify(set, null, 2));

function fixed(decimal) {
  const match = /^(-?)(\d+)\.?(\d*)$/.exec(decimal);
  if (!match) {
    console.error(`${decimal} is no decimal number like -0.0632`);
    process.exit(1);
  }
  const magnitude = (BigInt(match[2] + match[3]) << FRACTION_BITS) / 10n ** BigInt(match[3].length);
  return match[1] ? -magnitude : magnitude;
}
