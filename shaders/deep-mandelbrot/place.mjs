// Prints the bindings of job.json for a place in the plane: node place.mjs RE IM STEP_EXPONENT [COLUMNS ROWS]
// RE and IM are decimals, the centre of the picture of COLUMNS x ROWS tiles, as the grid in job.json has them (19 and 20 unless
// said); pixels lie 2^-STEP_EXPONENT apart.
const FRACTION_BITS = 78n;
/** Finer steps leave a point's square too few bits. */
const FINEST = 66n;
const TILE = 32n;

const [re, im, exponent = "", columns = "19", rows = "20"] = process.argv.slice(2);
if (re === undefined || im === undefined || ![exponent, columns, rows].every((each) => /^\d+$/.test(each))) {
  console.error("usage: node place.mjs RE IM STEP_EXPONENT [COLUMNS ROWS]");
  process.exit(1);
}
if (BigInt(exponent) > FINEST) {
  console.error(`2^-${exponent} is too fine: ${FRACTION_BITS} bits of fraction hold points 2^-${FINEST} apart at least`);
  process.exit(1);
}
const step = 1n << (FRACTION_BITS - BigInt(exponent));
const left = fixed(re) - (BigInt(columns) * TILE * step) / 2n;
const top = fixed(im) + (BigInt(rows) * TILE * step) / 2n;
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
