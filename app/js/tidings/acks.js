// Telling the server what was shown: the newest place only, and about once a second at most.

import { covers } from './place.js'

/** Milliseconds from one acknowledgement to the next. */
const APART = 1_000
/** Milliseconds to wait for more of what comes together. */
const GATHER = 50

/** @param {(place: string) => Promise<Response>} post tells the server, even when the page ends at once */
export const keepAcks = post => {
  let due = '', last = 0, timer

  /** The server can be reached again. */
  const plan = () => {
    if (due) timer ??= setTimeout(send, Math.min(Math.max(last + APART - Date.now(), GATHER), APART))
  }

  const send = async () => {
    clearTimeout(timer)
    timer = undefined
    const place = due
    if (!place) return
    due = ''
    last = Date.now()
    const taken = await post(place).then(response => response.ok, () => false)
    // With the next message, when the stream is open again, or when the page is left.
    if (!taken) due ||= place
  }

  return {
    plan,
    send,
    /** Everything up to this place was shown. @param {string} place */
    shown(place) {
      if (!covers(due, place)) due = place
      plan()
    }
  }
}
