// Places in the log: `<epoch>-<seq>`. Places of two logs say nothing of each other.

/** @param {string} place @returns {[string, number]} the log, and where in it */
const parts = place => {
  const at = place.lastIndexOf('-')
  return [place.slice(0, at), +place.slice(at + 1)]
}

/**
 * Whether somebody who has had everything up to `had` has had `place` too.
 * @param {string} had empty: nothing yet
 * @param {string} place
 */
export const covers = (had, place) => {
  const [epoch, seq] = parts(had)
  const [other, at] = parts(place)
  return epoch == other && at <= seq
}
