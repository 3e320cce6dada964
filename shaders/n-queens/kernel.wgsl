// Counts the ways to complete a partial board of the N-queens problem: depth-first search over bit masks.
//
// A unit is a partial board with queens in its first rows. An invocation takes one filling of the next DEPTH rows (its
// number written in base N, one digit a row, the digit being the column) and counts what can be completed from there.
// A workgroup adds up its invocations, so nothing is shared on the way and no atomics are needed.

struct Board {
  // What the queens attack in the next row, bit c for column c: columns, diagonals that run up and down from row to row.
  columns: u32,
  rising: u32,
  falling: u32,
  // Rows that have their queen.
  rows: u32,
}

// Columns and rows of the board, at most 31, and more than rows + DEPTH.
override N = 8u;
override DEPTH = 3u;

const WORKGROUP = 64u;
const MAX_ROWS = 32u;

@group(0) @binding(0) var<uniform> board: Board;
// Completions by workgroup. A u32 is enough: the boards of one workgroup are a sliver of all boards.
@group(0) @binding(1) var<storage, read_write> counts: array<u32>;

var<workgroup> partial_counts: array<u32, WORKGROUP>;

// The stack of the search, by open row: columns not tried yet, and what is attacked.
var<private> untried: array<u32, MAX_ROWS>;
var<private> columns: array<u32, MAX_ROWS>;
var<private> rising: array<u32, MAX_ROWS>;
var<private> falling: array<u32, MAX_ROWS>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(global_invocation_id) global: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) workgroup: vec3<u32>,
) {
  partial_counts[lane] = completions(global.x);
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      partial_counts[lane] += partial_counts[lane + half];
    }
  }
  if (lane == 0u) {
    counts[workgroup.x] = partial_counts[0];
  }
}

fn completions(number: u32) -> u32 {
  let all = (1u << N) - 1u;
  var c = board.columns;
  var u = board.rising;
  var d = board.falling;
  var digits = number;
  for (var row = 0u; row < DEPTH; row++) {
    let queen = 1u << (digits % N);
    digits /= N;
    if (((c | u | d) & queen) != 0u) {
      return 0u;
    }
    c |= queen;
    u = ((u | queen) << 1u) & all;
    d = (d | queen) >> 1u;
  }
  // Numbers from N to the power of DEPTH on only fill up the last workgroup.
  if (digits != 0u) {
    return 0u;
  }

  let last = N - board.rows - DEPTH - 1u;
  var found = 0u;
  var row = 0u;
  untried[0] = all & ~(c | u | d);
  columns[0] = c;
  rising[0] = u;
  falling[0] = d;
  loop {
    // No row is beyond MAX_ROWS; what cannot see that sees it here.
    let open = row % MAX_ROWS;
    let choices = untried[open];
    if (choices == 0u) {
      if (row == 0u) {
        break;
      }
      row--;
      continue;
    }
    let queen = choices & (~choices + 1u);
    untried[open] = choices ^ queen;
    if (row == last) {
      found++;
      continue;
    }
    c = columns[open] | queen;
    u = ((rising[open] | queen) << 1u) & all;
    d = (falling[open] | queen) >> 1u;
    let free = all & ~(c | u | d);
    if (free != 0u) {
      row++;
      let next = row % MAX_ROWS;
      untried[next] = free;
      columns[next] = c;
      rising[next] = u;
      falling[next] = d;
    }
  }
  return found;
}
