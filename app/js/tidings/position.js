// Positions in the log: `<epoch>-<seq>`. An epoch is the id of the log and, between `o` and `r`, the time at which a server
// opened it, in hexadecimal. Positions of different logs cannot be compared.

/** @param {string} place */
const parts = place => {
  const [, epoch, log, opened = '0', seq] = /^((\w*?)(?:o([\da-f]+)r\w+)?)-(\d+)$/.exec(place) ?? []
  return { epoch, log, opened: parseInt(opened, 16), seq: Number(seq) }
}

/**
 * Whether a reader that has received everything up to `had` has received `place` too.
 * @param {string} had empty: nothing was received yet
 * @param {string} place
 */
export const covers = (had, place) => {
  const [one, other] = [parts(had), parts(place)]
  const comparable = one.log == other.log && (one.epoch == other.epoch || one.opened > other.opened)
  return comparable && other.seq <= one.seq
}
