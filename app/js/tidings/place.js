// Positions in the log: `<epoch>-<seq>`. Positions of different logs cannot be compared.

/** @param {string} place @returns {[string, number]} the epoch and the sequence number */
const parts = place => {
  const at = place.lastIndexOf('-')
  return [place.slice(0, at), +place.slice(at + 1)]
}

/**
 * Whether a reader that has received everything up to `had` has received `place` too.
 * @param {string} had empty: nothing was received yet
 * @param {string} place
 */
export const covers = (had, place) => {
  const [epoch, seq] = parts(had)
  const [other, at] = parts(place)
  return epoch == other && at <= seq
}
